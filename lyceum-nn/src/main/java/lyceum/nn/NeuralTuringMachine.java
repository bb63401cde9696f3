package lyceum.nn;

import java.util.LinkedHashMap;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A network with a tape: a memory of rows, and heads that look at all rows at once, each row with a {@linkplain TapeAddress weight}, so that gradients reach
 * where they look. A step:
 *
 * <pre>
 * u = controller([x; r])                       what was read last is input too
 * M_i &lt;- M_i (1 - w_i erase) + w_i add         each write head, one after the other
 * r = sum_i w_i M_i                            each read head
 * y = W [u; r] + b
 * </pre>
 *
 * {@snippet :
 * var config = new NtmConfig(6, 4, 16, 8);
 * var network = new Rnn(new RnnConfig(6, 4), (inputs, r) -> new NeuralTuringMachine(config, r), rng);
 * Tensor logits = network.forward(x);                               // (batch, T, 6) to (batch, T, 4)
 * var out = network.step(x_t, state, pass);                         // out.state().get("l0.memory"), "l0.read0", "l0.write0"
 * }
 *
 * <p>In the state stand {@code h} (what is said), {@code memory} (batch, rows, width), the weights {@code write0}, .. and {@code read0}, .. (batch, rows), what
 * was read {@code seen0}, .. (batch, width), and an LSTM controller's {@code controller.h} and {@code controller.c}. Heads begin at the first row.
 *
 * @see <a href="https://arxiv.org/abs/1410.5401">Graves, Wayne and Danihelka (2014)</a>
 */
public final class NeuralTuringMachine extends RecurrentCell {
    private final NtmConfig config;
    private final Linear layer, heads, output;
    private final LstmCell lstm;

    public NeuralTuringMachine(NtmConfig config, Rng rng) {
        super(config.inputs(), config.outputs());
        this.config = config;
        int reads = config.readHeads() * config.width(), in = config.inputs() + reads;
        boolean recurrent = config.controller() == NtmConfig.Controller.LSTM;
        layer = recurrent ? null : linear(in, config.units(), rng);
        lstm = recurrent ? new LstmCell(in, config.units(), new LstmVariant(), true, config.dtype(), rng) : null;
        long address = TapeAddress.size(config.width(), config.reach());
        heads = linear(config.units(), config.readHeads() * address + config.writeHeads() * (address + 2L * config.width()), rng);
        output = linear(config.units() + reads, config.outputs(), rng);
    }

    private Linear linear(long inputs, long outputs, Rng rng) {
        return new Linear(inputs, outputs, true, config.dtype(), Init.torchLinear(inputs), rng);
    }

    public NtmConfig config() { return config; }

    @Override public RecurrentState initial(long batch) {
        var all = new LinkedHashMap<String, Tensor>();
        var type = config.dtype();
        all.put("h", Tensor.zeros(type, batch, config.outputs()));
        all.put("memory", Tensor.full(type, config.memory(), batch, config.rows(), config.width()));
        var first = Tensor.arange(config.rows()).eq(0).to(type).expand(batch, config.rows());
        for (int k = 0; k < config.writeHeads(); k++) all.put("write" + k, first);
        for (int k = 0; k < config.readHeads(); k++) {
            all.put("read" + k, first);
            all.put("seen" + k, Tensor.zeros(type, batch, config.width()));
        }
        if (lstm != null) lstm.initial(batch).tensors().forEach((name, t) -> all.put("controller." + name, t));
        return RecurrentState.of(all);
    }

    @Override protected Tensor project(Tensor x) { return x; }

    @Override protected RecurrentState next(Tensor x, RecurrentState state, Pass pass) {
        var all = new LinkedHashMap<>(state.tensors());
        var u = control(withReads(x, all), state, all, pass);
        var controls = heads.forward(u, pass);
        var memory = state.get("memory");
        long width = config.width(), address = TapeAddress.size(width, config.reach()), at = 0;
        for (int k = 0; k < config.writeHeads(); k++) {
            var w = weights("write" + k, controls.narrow(1, at, address), memory, all, pass).unsqueeze(2);
            Tensor erase = controls.narrow(1, at + address, width).sigmoid().unsqueeze(1),
                    add = controls.narrow(1, at + address + width, width).unsqueeze(1);
            memory = memory.mul(w.mul(erase).rsub(1.0)).add(w.mul(add));
            at += address + 2 * width;
        }
        all.put("memory", memory);
        for (int k = 0; k < config.readHeads(); k++) {
            var w = weights("read" + k, controls.narrow(1, at, address), memory, all, pass);
            all.put("seen" + k, w.unsqueeze(1).matmul(memory).squeeze(1));
            at += address;
        }
        all.put("h", output.forward(withReads(u, all), pass));
        return RecurrentState.of(all);
    }

    private Tensor weights(String head, Tensor controls, Tensor memory, LinkedHashMap<String, Tensor> all, Pass pass) {
        var w = TapeAddress.of(controls, config.width(), config.reach()).weights(memory, all.get(head));
        all.put(head, pass.point(this, head, w));
        return all.get(head);
    }

    private Tensor control(Tensor in, RecurrentState state, LinkedHashMap<String, Tensor> all, Pass pass) {
        if (lstm == null) return layer.forward(in, pass).tanh();
        var after = lstm.step(in, state.part("controller"), pass);
        after.tensors().forEach((name, t) -> all.put("controller." + name, t));
        return after.get("h");
    }

    private Tensor withReads(Tensor x, LinkedHashMap<String, Tensor> all) {
        var parts = new Tensor[config.readHeads() + 1];
        parts[0] = x;
        for (int k = 0; k < config.readHeads(); k++) parts[k + 1] = all.get("seen" + k);
        return Tensor.concat(1, parts);
    }
}
