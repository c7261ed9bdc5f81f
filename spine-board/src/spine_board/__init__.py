"""Board of a Spine project in a browser."""
