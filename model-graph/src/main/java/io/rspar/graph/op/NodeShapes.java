package io.rspar.graph.op;

import io.rspar.graph.Node;
import io.rspar.graph.Shape;

/** A node with the shapes of its inputs and outputs. */
public interface NodeShapes {
  Node node();

  /** Shape of the i-th input, which must be given. */
  Shape input(int i);

  Shape output(int i);
}
