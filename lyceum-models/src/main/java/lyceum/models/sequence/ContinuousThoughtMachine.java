package lyceum.models.sequence;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.AttentionConfig;
import lyceum.nn.Init;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * A network that thinks for some ticks about an input that does not change, and is read by which of its neurons move together.
 *
 * <pre>
 * a = synapses([z; o])          each neuron: z_d = its own network of its last M values of a_d
 * S = synchronisation(z)        o = attention(W_q S', data)        logits = W S
 * </pre>
 *
 * {@snippet :
 * var machine = new ContinuousThoughtMachine(new ThoughtConfig(2, 2, 32, 12), rng);
 * Tensor loss = machine.loss(x, labels, pass);
 * var answer = machine.answer(x, 0.8);                              // answer.ticks(): how long each input took
 * }
 *
 * @see <a href="https://arxiv.org/abs/2505.05522">Darlow, Regan, Risi, Seely and Jones (2025)</a>
 */
public final class ContinuousThoughtMachine extends Module {
    private final ThoughtConfig config;
    private final Linear data, query, head, synapse, synapse_gate;
    private final LayerNorm data_norm, synapse_norm;
    private final MultiHeadAttention attention;
    private final Tensor neuron_in, neuron_bias, neuron_out, first_state, first_history;
    private final Synchronisation action, output;

    /**
     * A whole thought.
     *
     * @param logits of each tick, (batch, classes)
     * @param certainties of each tick, (batch): 1 less the entropy over its largest
     * @param traces the neurons after each tick, (batch, neurons)
     */
    public record Thought(List<Tensor> logits, List<Tensor> certainties, List<Tensor> traces) {}

    /** @param classes of each input @param ticks that each took */
    public record Answer(int[] classes, int[] ticks) {}

    public ContinuousThoughtMachine(ThoughtConfig config, Rng rng) {
        this.config = config;
        int n = config.neurons(), w = config.width();
        var type = config.dtype();
        data = linear(config.inputs(), w, rng);
        data_norm = new LayerNorm(1e-5, type, w);
        query = linear(config.pairs(), w, rng);
        head = linear(config.pairs(), config.classes(), rng);
        synapse = linear(n + w, n, rng);
        synapse_gate = linear(n + w, n, rng);
        synapse_norm = new LayerNorm(1e-5, type, n);
        attention = new MultiHeadAttention(new AttentionConfig(w, 4).withDtype(type), rng);
        neuron_in = Init.torchLinear(config.history()).sample(rng, type, n, config.history(), config.hidden()).compute().requiresGrad();
        neuron_bias = Init.torchLinear(config.history()).sample(rng, type, n, 1, config.hidden()).compute().requiresGrad();
        neuron_out = Init.torchLinear(config.hidden()).sample(rng, type, n, config.hidden(), 1).compute().requiresGrad();
        first_state = Init.torchLinear(n).sample(rng, type, n).compute().requiresGrad();
        first_history = Init.torchLinear(config.history()).sample(rng, type, n, config.history()).compute().requiresGrad();
        action = new Synchronisation(n, config.pairs(), type, rng);
        output = new Synchronisation(n, config.pairs(), type, rng);
    }

    private Linear linear(int inputs, int outputs, Rng rng) {
        return new Linear(inputs, outputs, true, config.dtype(), Init.torchLinear(inputs), rng);
    }

    public ThoughtConfig config() { return config; }

    /** All ticks. @param x (batch, elements, inputs) */
    public Thought think(Tensor x, Pass pass) { return think(x, 2, pass); }

    /** Until all are that certain. */
    private Thought think(Tensor x, double enough, Pass pass) {
        if (x.rank() != 3 || x.size(2) != config.inputs())
            throw new ShapeException("ContinuousThoughtMachine: input " + x.shape() + "; it is (batch, elements, " + config.inputs() + ")");
        long batch = x.size(0), n = config.neurons();
        var seen = data_norm.forward(data.forward(x, pass), pass);
        Tensor z = first_state.expand(batch, n), history = first_history.expand(batch, n, config.history());
        Synchronisation.State asks = action.step(null, z), says = output.step(null, z);
        var thought = new Thought(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (int t = 0; t < config.ticks(); t++) {
            var o = attention.forward(query.forward(asks.value(), pass).unsqueeze(1), seen, new Attention(), pass).squeeze(1);
            var both = Tensor.concat(1, z, o);
            var a = synapse_norm.forward(synapse.forward(both, pass).mul(synapse_gate.forward(both, pass).sigmoid()), pass);
            history = Tensor.concat(2, history.narrow(2, 1, config.history() - 1L), a.unsqueeze(2));
            // (neurons, batch, M) by each neuron's own weights.
            var h = history.transpose(0, 1).matmul(neuron_in).add(neuron_bias);
            z = h.mul(h.sigmoid()).matmul(neuron_out).squeeze(2).transpose(0, 1);
            asks = action.step(asks, z);
            says = output.step(says, z);
            var logits = head.forward(says.value(), pass);
            thought.logits.add(logits);
            thought.certainties.add(certainty(logits));
            thought.traces.add(z);
            if (enough <= 1 && thought.certainties.stream().reduce(Tensor::maximum).orElseThrow().min().item() >= enough) break;
        }
        return thought;
    }

    /** 1 less the entropy of the prediction over {@code log classes}: (batch). */
    public static Tensor certainty(Tensor logits) {
        var logs = logits.logSoftmax(1);
        return logs.exp().mul(logs).sum(1).div(Math.log(logits.size(1))).add(1.0);
    }

    /** The mean of the loss at the tick where it is least and of that where the machine is most certain, each input by itself. @param labels (batch), I64 */
    public Tensor loss(Tensor x, Tensor labels, Pass pass) {
        var thought = think(x, pass);
        var losses = Tensor.stack(1,
                thought.logits.stream().map(l -> l.logSoftmax(1).gather(1, labels.unsqueeze(1)).squeeze(1).neg()).toArray(Tensor[]::new));
        var certain = Tensor.stack(1, thought.certainties.toArray(Tensor[]::new)).detach().argmax(1);
        var least = losses.detach().argmin(1);
        return losses.gather(1, least.unsqueeze(1)).add(losses.gather(1, certain.unsqueeze(1))).mean().mul(0.5);
    }

    /** Stops, each input by itself, at the first tick that is so certain; at the last if none is. */
    public Answer answer(Tensor x, double enough) {
        if (!(enough >= 0 && enough <= 1)) throw new IllegalArgumentException("answer: a certainty of " + enough + "; it lies in [0, 1]");
        return Autograd.noGrad(() -> {
            var thought = think(x, enough, Pass.inference());
            int batch = (int) x.size(0), last = thought.logits.size();
            int[] classes = new int[batch], ticks = new int[batch];
            Arrays.fill(ticks, last);
            for (int t = last; t >= 1; t--) {
                double[] certain = thought.certainties.get(t - 1).toDoubleArray();
                long[] best = thought.logits.get(t - 1).argmax(1).toLongArray();
                for (int b = 0; b < batch; b++) {
                    if (t < last && certain[b] < enough) continue;
                    ticks[b] = t;
                    classes[b] = (int) best[b];
                }
            }
            return new Answer(classes, ticks);
        });
    }

    /** The logits of the last tick. */
    @Override protected Tensor compute(Tensor x, Pass pass) { return think(x, pass).logits.getLast(); }
}
