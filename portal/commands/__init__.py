"""Admin commands, one module a topic. Each adds its parser and gets the open ground."""
