"""How cost grows: each dimension of a project drawn at three sizes, and an exponent over 1.15 is a failure."""
