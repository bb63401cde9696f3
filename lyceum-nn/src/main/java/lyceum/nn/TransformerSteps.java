package lyceum.nn;

import java.util.Arrays;
import lyceum.tensor.Tensor;

/** A transformer's decoder, row by row. */
final class TransformerSteps implements BeamSearch.Steps {
    private final Transformer model;
    private final int begin, sources;
    private TransformerDecoder.State state;

    TransformerSteps(Transformer model, Tensor sources, Tensor lengths, int begin) {
        this.model = model;
        this.begin = begin;
        this.sources = (int) sources.size(0);
        state = model.start(sources, lengths, Pass.inference());
    }

    @Override public double[][] begin() {
        var first = new int[sources];
        Arrays.fill(first, begin);
        return read(first);
    }

    @Override public double[][] next(int[] parents, int[] tokens) {
        state = state.fork(parents);
        return read(tokens);
    }

    private double[][] read(int[] tokens) {
        return model.forward(Tensor.of(tokens, tokens.length, 1), state, Pass.inference()).squeeze(1).logSoftmax(-1).toRows();
    }
}
