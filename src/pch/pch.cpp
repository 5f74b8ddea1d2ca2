// The translation unit that the precompiled headers belong to.
