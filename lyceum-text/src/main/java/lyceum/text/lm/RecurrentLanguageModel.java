package lyceum.text.lm;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import lyceum.autograd.Autograd;
import lyceum.nn.Embedding;
import lyceum.nn.Layer;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.RecurrentState;
import lyceum.nn.Rnn;
import lyceum.tensor.Tensor;

/**
 * An embedding, a recurrent network and a layer of logits as a {@link LanguageModel}: a state is the network's, so that a token costs one step however long
 * the text is. The parts are trained wherever they are; see the parts' own pages.
 *
 * {@snippet :
 * var model = new RecurrentLanguageModel(embedding, new Lstm(new RnnConfig(32, 128), rng), head, start, end);
 * }
 *
 * @param embedding of as many ids as the vocabulary has
 * @param network in one direction, batch first
 * @param head (.., units) to (.., vocabulary) logits
 * @param startMark an id, never predicted unless it is the end mark as well, or -1
 * @param endMark an id or -1
 * @see <a href="https://doi.org/10.21437/Interspeech.2010-343">Mikolov and others (2010)</a>
 */
public record RecurrentLanguageModel(Embedding embedding, Rnn network, Layer head, int startMark, int endMark) implements LanguageModel {
    public RecurrentLanguageModel {
        CausalLanguageModel.check("RecurrentLanguageModel", (int) embedding.config().count(), startMark, endMark);
        if (network.config().bidirectional() || !network.config().batchFirst()) throw new IllegalArgumentException(
                "RecurrentLanguageModel: the network reads in one direction, batch first; got " + network.config());
    }

    @Override public int vocabulary() { return (int) embedding.config().count(); }

    /** {@code embedding.*}, {@code network.*} and, where the head is a module, {@code head.*}: what an optimiser is made over. */
    public SequencedMap<String, Tensor> parameters() {
        var all = new LinkedHashMap<String, Tensor>();
        embedding.parameters().forEach((n, p) -> all.put("embedding." + n, p));
        network.parameters().forEach((n, p) -> all.put("network." + n, p));
        if (head instanceof Module m) m.parameters().forEach((n, p) -> all.put("head." + n, p));
        return all;
    }

    /** (batch, T) ids to (batch, T, vocabulary), with gradients: what a training loss reads. */
    public Tensor logits(Tensor ids, Pass pass) {
        return head.forward(network.run(embedding.forward(ids, pass), null, pass).outputs(), pass);
    }

    @Override public State start() {
        var state = new Read(null, null);
        return startMark < 0 ? state : state.next(startMark);
    }

    /** In one pass. */
    @Override public double[] logProbabilities(int... ids) { return causal().logProbabilities(ids); }

    @Override public double[] scores(List<int[]> texts) { return causal().scores(texts); }

    private CausalLanguageModel causal() {
        return new CausalLanguageModel(x -> logits(x, Pass.inference()), vocabulary(), startMark, endMark);
    }

    private final class Read implements State {
        private final RecurrentState state;
        private final double[] logs;

        Read(RecurrentState state, double[] logs) {
            this.state = state;
            this.logs = logs;
        }

        @Override public double[] logProbabilities() {
            if (logs == null)
                throw new IllegalStateException("RecurrentLanguageModel: nothing was read; without a start mark the first id is given");
            return logs.clone();
        }

        @Override public double logProbability(int id) { return logs == null ? logProbabilities()[id] : logs[id]; }

        @Override public State next(int id) {
            return Autograd.noGrad(() -> {
                var out = network.run(embedding.forward(Tensor.of(new int[] {id}, 1, 1), Pass.inference()), state, Pass.inference());
                double[][] row = CausalLanguageModel.logProbabilities(head.forward(out.outputs(), Pass.inference()).squeeze(0), startMark,
                        endMark);
                return new Read(out.state(), row[0]);
            });
        }
    }
}
