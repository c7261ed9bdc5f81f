"""The kinds of channels: `console` and `webhook` are here, the others forward to what provides them."""
