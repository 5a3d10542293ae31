/** Graphs built in code, and ONNX Runtime as the reference that kernels are compared with. */
package io.rspar.runtime.testing;
