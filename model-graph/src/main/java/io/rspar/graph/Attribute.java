package io.rspar.graph;

import java.util.List;

/** The value of a node's attribute. */
public sealed interface Attribute {
  record OfInt(long value) implements Attribute {}

  record OfFloat(float value) implements Attribute {}

  record OfString(String value) implements Attribute {}

  record OfTensor(Tensor value) implements Attribute {}

  record OfInts(List<Long> values) implements Attribute {
    public OfInts {
      values = List.copyOf(values);
    }
  }

  record OfFloats(List<Float> values) implements Attribute {
    public OfFloats {
      values = List.copyOf(values);
    }
  }

  record OfStrings(List<String> values) implements Attribute {
    public OfStrings {
      values = List.copyOf(values);
    }
  }

  /**
   * An attribute that R-SPAR carries through unread (subgraphs, sparse tensors).
   *
   * @param serialized the {@code AttributeProto} as bytes
   * @param captures names of outer values that a subgraph reads
   */
  record Opaque(com.google.protobuf.ByteString serialized, List<String> captures)
      implements Attribute {
    public Opaque {
      captures = List.copyOf(captures);
    }
  }
}
