package lyceum.nn;

import lyceum.tensor.Tensor;

/** {@code x} above zero, {@code slope * x} below. */
record LeakyRelu(double slope) implements Layer {
    LeakyRelu {
        if (!Double.isFinite(slope)) throw new IllegalArgumentException("leakyRelu: slope is " + slope + "; it is finite");
    }

    @Override public Tensor forward(Tensor x, Pass pass) { return pass.show(this, x, Activation.leakyRelu(x, slope)); }
}
