package lyceum.llm.generate;

import lyceum.llm.CausalLM;
import lyceum.llm.TokenConstraint;
import lyceum.nn.BeamSearch;
import lyceum.tensor.Tensor;
import lyceum.text.lm.CausalLanguageModel;

/**
 * A causal model for {@link BeamSearch}: prompts of any lengths are its sources, and beams go on from their caches. For one search.
 *
 * {@snippet :
 * var best = new BeamSearch(4, 0.6, 50).search(new CausalBeams(model, prompt), model.endMark()).getFirst();
 * }
 */
public final class CausalBeams implements BeamSearch.Steps {
    private final CausalLM model;
    private final int[][] prompts;
    private CausalLM.Decoding decoding;

    /** @param prompts read as they are; an empty one becomes the start mark */
    public CausalBeams(CausalLM model, int[]... prompts) {
        this.model = model;
        this.prompts = prompts.clone();
        for (int i = 0; i < prompts.length; i++) this.prompts[i] = CausalGenerator.read(model, prompts[i]);
    }

    /** A constraint as a rule of the search. */
    public static BeamSearch.Rule rule(TokenConstraint constraint) {
        return (_, tokens, logs) -> {
            var state = constraint.start();
            for (int token : tokens) state.accept(token);
            var allowed = new long[(logs.length + 63) / 64];
            if (!state.allowed(allowed)) return;
            for (int id = 0; id < logs.length; id++) if ((allowed[id >> 6] >>> id & 1) == 0) logs[id] = Double.NEGATIVE_INFINITY;
        };
    }

    @Override public double[][] begin() {
        decoding = model.begin();
        return logs(decoding.next(prompts));
    }

    @Override public double[][] next(int[] parents, int[] tokens) {
        decoding = decoding.fork(parents);
        return logs(decoding.next(Tensor.of(tokens, tokens.length, 1)));
    }

    private double[][] logs(Tensor logits) { return CausalLanguageModel.logProbabilities(logits, model.startMark(), model.endMark()); }
}
