"""marscrop inside other people's tools; each module needs only its own (docs/integrations.md)."""
