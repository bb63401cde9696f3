package lyceum.nn;

import lyceum.tensor.Tensor;

/** Adds positions to embeddings (.., T, width). */
public interface PositionLayer extends Layer {
    /** Of positions {@code start ..}: what follows a cache. */
    Tensor forward(Tensor x, long start, Pass pass);

    /** Of given positions, (T) or (.., T): packed and left-padded sequences. */
    Tensor forward(Tensor x, Tensor positions, Pass pass);

    /** Of positions 0 to T - 1. */
    @Override default Tensor forward(Tensor x, Pass pass) { return forward(x, 0, pass); }
}
