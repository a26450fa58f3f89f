/** Attribute values may nest this deep; deeper ones would let a small request exhaust the stack. */
export const valueDepthMax = 64;
