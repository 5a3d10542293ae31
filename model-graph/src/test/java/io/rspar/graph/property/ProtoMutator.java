package io.rspar.graph.property;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Changes a protobuf message where it hurts: fields cleared, repeated, swapped between messages,
 * filled with extreme numbers, names pointed at each other, messages put into themselves. The
 * result is always well-formed protobuf, so it gets past the parser.
 */
final class ProtoMutator {
  private static final long[] NUMBERS = {
    0,
    1,
    2,
    3,
    -1,
    7,
    64,
    1 << 16,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 32,
    1L << 40,
    1L << 62,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private static final float[] REALS = {
    0f, -0f, 1f, -1f, 1e38f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY
  };

  private final Random random;

  ProtoMutator(Random random) {
    this.random = random;
  }

  /**
   * A changed copy.
   *
   * @param words strings that mean something in this kind of message
   */
  <M extends Message> M mutate(M message, List<String> words, int changes) {
    Message.Builder root = message.toBuilder();
    for (int i = 0; i < changes; i++) {
      change(root, words);
    }
    @SuppressWarnings("unchecked")
    M changed = (M) root.build();
    return changed;
  }

  /** Walks down at random and changes one field of the message where it stops. */
  private void change(Message.Builder root, List<String> words) {
    Message.Builder at = root;
    while (true) {
      List<Message.Builder> below = children(at);
      if (below.isEmpty() || random.nextInt(4) == 0) {
        break;
      }
      at = below.get(random.nextInt(below.size()));
    }
    List<FieldDescriptor> fields = at.getDescriptorForType().getFields();
    List<FieldDescriptor> set = new ArrayList<>(at.getAllFields().keySet());
    FieldDescriptor field =
        set.isEmpty() || random.nextInt(5) == 0
            ? fields.get(random.nextInt(fields.size()))
            : set.get(random.nextInt(set.size()));
    if (field.isRepeated()) {
      changeRepeated(at, field, words);
    } else if (random.nextInt(6) == 0) {
      at.clearField(field);
    } else if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
      at.setField(field, value(field, words));
    } else if (random.nextBoolean() && field.getMessageType() == at.getDescriptorForType()) {
      at.setField(field, at.build());
    }
  }

  private void changeRepeated(Message.Builder at, FieldDescriptor field, List<String> words) {
    List<Object> values = new ArrayList<>((List<?>) at.getField(field));
    int choice = random.nextInt(6);
    if (values.isEmpty() || choice == 0) {
      if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
        values.add(value(field, words));
      } else if (!values.isEmpty()) {
        values.add(values.get(random.nextInt(values.size())));
      }
    } else {
      int index = random.nextInt(values.size());
      switch (choice) {
        case 1 -> values.remove(index);
        case 2 -> values.add(index, values.get(random.nextInt(values.size())));
        case 3 -> values.set(index, values.get(random.nextInt(values.size())));
        case 4 -> values.subList(index, values.size()).clear();
        default -> {
          if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
            values.set(index, value(field, words));
          }
        }
      }
    }
    at.clearField(field);
    values.forEach(value -> at.addRepeatedField(field, value));
  }

  private Object value(FieldDescriptor field, List<String> words) {
    return switch (field.getJavaType()) {
      case INT -> random.nextBoolean() ? random.nextInt(30) : (int) number();
      case LONG -> random.nextBoolean() ? (long) random.nextInt(30) : number();
      case FLOAT -> REALS[random.nextInt(REALS.length)];
      case DOUBLE -> (double) REALS[random.nextInt(REALS.length)];
      case BOOLEAN -> random.nextBoolean();
      case STRING -> words.get(random.nextInt(words.size()));
      case BYTE_STRING ->
          random.nextBoolean()
              ? ByteString.copyFrom(
                  words.get(random.nextInt(words.size())).getBytes(StandardCharsets.UTF_8))
              : ByteString.copyFrom(new byte[random.nextInt(70)]);
      case ENUM -> {
        List<EnumValueDescriptor> all = field.getEnumType().getValues();
        yield all.get(random.nextInt(all.size()));
      }
      case MESSAGE -> throw new IllegalArgumentException("a message is not a value: " + field);
    };
  }

  private long number() {
    return NUMBERS[random.nextInt(NUMBERS.length)];
  }

  private static List<Message.Builder> children(Message.Builder at) {
    List<Message.Builder> below = new ArrayList<>();
    for (FieldDescriptor field : at.getAllFields().keySet()) {
      if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
        continue;
      }
      if (field.isRepeated()) {
        for (int i = 0; i < at.getRepeatedFieldCount(field); i++) {
          below.add(at.getRepeatedFieldBuilder(field, i));
        }
      } else {
        below.add(at.getFieldBuilder(field));
      }
    }
    return below;
  }
}
