package lyceum.llm;

import lyceum.tensor.Tensor;
import lyceum.text.lm.CausalLanguageModel;
import lyceum.text.lm.LanguageModel;

/** A {@link LanguageModel.State} over a decoding: the last state goes on in place, an older one that is continued again takes a decoding of its own. */
final class DecodingState implements LanguageModel.State {
    private final CausalLM model;
    private final CausalLM.Decoding decoding;
    private final long length;
    private final double[] logs;

    private DecodingState(CausalLM model, CausalLM.Decoding decoding, long length, double[] logs) {
        this.model = model;
        this.decoding = decoding;
        this.length = length;
        this.logs = logs;
    }

    static LanguageModel.State of(CausalLM model) {
        var empty = new DecodingState(model, null, 0, null);
        return model.startMark() < 0 ? empty : empty.next(model.startMark());
    }

    @Override public double[] logProbabilities() {
        if (logs == null) throw new IllegalStateException("CausalLM: nothing was read; without a start mark the first id is given");
        return logs.clone();
    }

    @Override public double logProbability(int id) { return logs == null ? logProbabilities()[id] : logs[id]; }

    @Override public LanguageModel.State next(int id) {
        var own = decoding == null ? model.begin() : decoding;
        synchronized (own) {
            if (own.length() != length) {
                own = own.fork();
                own.truncate(length);
            }
            var logits = own.next(Tensor.of(new int[] {id}, 1, 1));
            return new DecodingState(model, own, length + 1,
                    CausalLanguageModel.logProbabilities(logits, model.startMark(), model.endMark())[0]);
        }
    }
}
