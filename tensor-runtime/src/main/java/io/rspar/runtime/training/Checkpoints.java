package io.rspar.runtime.training;

import java.util.Optional;

/** Keeps the latest state of one training run, so that a crash does not lose what was learned. */
public interface Checkpoints {
  /** Keeps nothing. */
  Checkpoints NONE =
      new Checkpoints() {
        @Override
        public Optional<byte[]> latest() {
          return Optional.empty();
        }

        @Override
        public void keep(byte[] state) {}
      };

  /** What was kept last by a run of the same settings on the same network and data. */
  Optional<byte[]> latest();

  /** Replaces what was kept before, at once. */
  void keep(byte[] state);
}
