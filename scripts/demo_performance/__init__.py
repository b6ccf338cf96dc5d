"""Sellers' standing on a simulated clock, over HTTP: the whole ladder, down and up."""
