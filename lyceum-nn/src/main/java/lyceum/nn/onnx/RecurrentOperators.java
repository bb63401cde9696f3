package lyceum.nn.onnx;

import java.util.Locale;
import lyceum.DType;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.PackedMatrix;
import lyceum.tensor.Tensor;

/** RNN, GRU and LSTM over whole sequences, forward, backward or both. */
final class RecurrentOperators {
    static final String ROWS = "RNN 7, GRU 7, LSTM 7";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "RNN 7" -> c -> run(c, null, null);
            case "GRU 7" -> c -> run(c, null, null);
            case "LSTM 7" -> c -> run(c, null, null);
            default -> throw Operators.unknown(row);
        };
    }

    private RecurrentOperators() {}

    /** A layer whose weights of each direction may be packed, turned over; null where they are not. */
    static Object run(Call c, PackedMatrix[] w, PackedMatrix[] r) {
        return switch (c.node.operator()) {
            case "RNN" -> new Layer(c, w, r, 1, "Tanh").run();
            case "GRU" -> new Layer(c, w, null, 3, "Sigmoid", "Tanh").run();
            default -> new Layer(c, w, r, 4, "Sigmoid", "Tanh", "Tanh").run();
        };
    }

    private static final class Layer {
        private final Call c;
        private final PackedMatrix[] w, r;
        private final int gates;
        private final String[] defaults;
        private final boolean batchFirst;
        private final Tensor x;
        private final long hidden;
        private final long steps;
        private final long batch;
        private final double clip;
        /** (steps, batch, 1): whether a sequence reaches that step; null where all do. */
        private final Tensor reaches;

        Layer(Call c, PackedMatrix[] w, PackedMatrix[] r, int gates, String... defaults) {
            this.c = c;
            this.w = w;
            this.r = r;
            this.gates = gates;
            this.defaults = defaults;
            this.batchFirst = c.flag("layout");
            this.x = batchFirst ? c.x(0).transpose(0, 1) : c.x(0);
            this.hidden = c.integer("hidden_size", c.x(2).size(-1));
            this.steps = x.size(0);
            this.batch = x.size(1);
            this.clip = c.number("clip", 0);
            this.reaches = !c.has(4) ? null
                    : Tensor.arange(steps).to(DType.I64).reshape(-1, 1, 1).lt(c.x(4).to(DType.I64).reshape(1, -1, 1));
        }

        Object run() {
            var direction = c.text("direction", "forward");
            int directions = direction.equals("bidirectional") ? 2 : 1;
            var all = new Tensor[directions];
            var last = new Tensor[directions];
            var cells = new Tensor[directions];
            for (int d = 0; d < directions; d++) {
                boolean backward = d == 1 || direction.equals("reverse");
                var outputs = new Tensor[(int) steps];
                var state = new Tensor[] {initial(5, d), gates == 4 ? initial(6, d) : null};
                var input = inputs(d);
                for (int s = 0; s < steps; s++) {
                    int t = backward ? (int) steps - 1 - s : s;
                    var next = step(input.select(0, t), state, d);
                    outputs[t] = next[0];
                    if (reaches != null) {
                        var here = reaches.select(0, t);
                        outputs[t] = here.where(next[0], next[0].zerosLike());
                        for (int i = 0; i < next.length; i++) if (next[i] != null) next[i] = here.where(next[i], state[i]);
                    }
                    state = next;
                }
                all[d] = steps == 0 ? Tensor.zeros(x.dtype(), 0, batch, hidden) : Tensor.stack(0, outputs);
                last[d] = state[0];
                cells[d] = state[1];
            }
            var y = Tensor.stack(1, all);
            int axis = batchFirst ? 1 : 0;
            return new Object[] {batchFirst ? y.permute(2, 0, 1, 3) : y, Tensor.stack(axis, last),
                    gates == 4 ? Tensor.stack(axis, cells) : null};
        }

        private Tensor initial(int input, int d) {
            return c.has(input) ? c.x(input).select(batchFirst ? 1 : 0, d) : Tensor.zeros(x.dtype(), batch, hidden);
        }

        private Tensor bias(int d, int half) {
            return c.has(3) ? c.x(3).select(0, d).narrow(0, half * gates * hidden, gates * hidden) : null;
        }

        /** What the gates get from the whole input at once, and from the biases that are simply added. */
        private Tensor inputs(int d) {
            var product = product(x, w, 1, d);
            if (!c.has(3)) return product;
            return gates == 3 ? product.add(bias(d, 0)) : product.add(bias(d, 0)).add(bias(d, 1));
        }

        private Tensor product(Tensor left, PackedMatrix[] packed, int input, int d) {
            return packed != null && d < packed.length && packed[d].dtype() == left.dtype() ? left.matmul(packed[d])
                    : left.matmul(c.x(input).select(0, d).transpose());
        }

        private Tensor gate(Tensor all, int i) { return all.narrow(-1, i * hidden, hidden); }

        private Tensor[] step(Tensor in, Tensor[] state, int d) {
            var h = state[0];
            return switch (gates) {
                case 1 -> new Tensor[] {activate(in.add(product(h, r, 2, d)), d, 0), null};
                case 3 -> gru(in, h, c.x(2).select(0, d), d);
                default -> lstm(in.add(product(h, r, 2, d)), state[1], d);
            };
        }

        /** Cho and others (2014); with linear_before_reset the product comes before the gate. */
        private Tensor[] gru(Tensor in, Tensor h, Tensor r, int d) {
            var bias = bias(d, 1);
            var zr = h.matmul(r.narrow(0, 0, 2 * hidden).transpose());
            if (bias != null) zr = zr.add(bias.narrow(0, 0, 2 * hidden));
            var update = activate(gate(in, 0).add(gate(zr, 0)), d, 0);
            var reset = activate(gate(in, 1).add(gate(zr, 1)), d, 0);
            var weight = r.narrow(0, 2 * hidden, hidden).transpose();
            boolean linear = c.flag("linear_before_reset");
            var product = linear ? h.matmul(weight) : reset.mul(h).matmul(weight);
            if (bias != null) product = product.add(gate(bias, 2));
            var candidate = activate(gate(in, 2).add(linear ? reset.mul(product) : product), d, 1);
            return new Tensor[] {candidate.add(update.mul(h.sub(candidate))), null};
        }

        /** Gates in the order input, output, forget, cell; peepholes as Gers and Schmidhuber (2000). */
        private Tensor[] lstm(Tensor g, Tensor cell, int d) {
            var peep = c.has(7) ? c.x(7).select(0, d) : null;
            var input = activate(peeped(gate(g, 0), peep, 0, cell), d, 0);
            var forget = c.flag("input_forget") ? input.neg().add(1) : activate(peeped(gate(g, 2), peep, 2, cell), d, 0);
            var next = forget.mul(cell).add(input.mul(activate(gate(g, 3), d, 1)));
            var output = activate(peeped(gate(g, 1), peep, 1, next), d, 0);
            return new Tensor[] {output.mul(activate(next, d, 2)), next};
        }

        private Tensor peeped(Tensor gate, Tensor peep, int i, Tensor cell) {
            return peep == null ? gate : gate.add(gate(peep, i).mul(cell));
        }

        private Tensor activate(Tensor x, int d, int i) {
            if (clip > 0) x = x.clamp(-clip, clip);
            var names = c.texts("activations");
            int at = d * defaults.length + i;
            var name = names.isEmpty() ? defaults[i] : names.get(at);
            double alpha = parameter("activation_alpha", at, name), beta = parameter("activation_beta", at, name);
            return switch (name.toLowerCase(Locale.ROOT)) {
                case "tanh" -> x.tanh();
                case "sigmoid" -> x.sigmoid();
                case "relu" -> x.relu();
                case "affine" -> x.mul(alpha).add(beta);
                case "leakyrelu" -> x.lt(0).where(x.mul(alpha), x);
                case "thresholdedrelu" -> x.gt(alpha).where(x, x.zerosLike());
                case "scaledtanh" -> x.mul(beta).tanh().mul(alpha);
                case "hardsigmoid" -> ActivationOperators.hardSigmoid(x, alpha, beta);
                case "elu" -> ActivationOperators.elu(x, alpha);
                case "softsign" -> x.div(x.abs().add(1));
                case "softplus" -> x.softplus();
                default -> throw new IllegalArgumentException("activation \"" + name + "\" is not known");
            };
        }

        private double parameter(String list, int at, String name) {
            float[] values = c.numbers(list);
            if (at < values.length) return values[at];
            boolean isAlpha = list.endsWith("alpha");
            return switch (name.toLowerCase(Locale.ROOT)) {
                case "leakyrelu" -> 0.01;
                case "hardsigmoid" -> isAlpha ? 0.2 : 0.5;
                default -> isAlpha ? 1 : 0;
            };
        }
    }
}
