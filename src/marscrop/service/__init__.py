"""The HTTP service and its page (extra `[serve]`); `app.create_app` joins the rest."""
