/** What the tests of this module share: hand-built networks and ONNX Runtime as an oracle. */
package io.rspar.graph.testing;
