"""marscrop inside other tools, a module for each; a module needs only its own tool."""
