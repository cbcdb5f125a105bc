"""People look over the crops of a batch: on a page that a server of this machine shows them.

`reviewed_batch` reads a batch and `opening` opens it, `review` decides on its crops, `writer`
brings files and manifests to what was decided, `app` and `server` are the
page's, and `report` is a page for those who only look.
"""
