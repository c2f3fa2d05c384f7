// Attention for any processor: vectors of four floats, which the compiler makes of what there is.
#define ZK_WIDTH 4
#define ZK_ROWS 6
#define ZK_FORWARD zk_attention_forward_generic
#define ZK_BACKWARD zk_attention_backward_generic

#include "attention_body.h"
