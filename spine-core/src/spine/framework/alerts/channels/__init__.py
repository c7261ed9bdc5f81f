"""The kinds of channels: `console` is here, the others forward to the distributions that provide them."""
