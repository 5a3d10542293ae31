package io.rspar.runtime.kernel;

import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Node;

/** Refusals with one wording. */
final class Unsupported {
  private Unsupported() {}

  /** A known operator in a form that is not implemented. */
  static InvalidModelException form(Node node, String form) {
    return new InvalidModelException(
        InvalidModelException.Kind.UNSUPPORTED,
        node.describe() + " uses " + form + ", which the runtime does not execute",
        "export the model without it");
  }

  static void unless(boolean supported, Node node, String form) {
    if (!supported) {
      throw form(node, form);
    }
  }
}
