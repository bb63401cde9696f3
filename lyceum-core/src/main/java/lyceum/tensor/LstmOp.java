package lyceum.tensor;

import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.Precision;
import lyceum.backend.Program;
import lyceum.backend.ProgramBuilder;
import lyceum.backend.RightMatrix;
import lyceum.backend.View;
import lyceum.memory.Scope;

/**
 * All steps of a long short-term memory: from what the input adds to the gates at every step (T, batch, 4 n), the state's weight (4 n, n), and {@code h}
 * and {@code c} before the first step (batch, n) to {@code h} after each step, and behind them {@code c} after the last: (T + 1, batch, n). Gates stand
 * in the order i, f, g, o:
 *
 * <pre>
 * i, f, o = sigmoid(x + U h)     g = tanh(x + U h)     c' = f c + i g     h' = o tanh(c')
 * </pre>
 *
 * <p>A step is one product, with a weight that is packed once for all of them, and one program that reads gates and memory once; so is a step
 * of the sweep back. The weight's gradient is one product over all steps and examples, where one a step would be read and added up T times.
 *
 * @see <a href="https://doi.org/10.1162/neco.1997.9.8.1735">Hochreiter and Schmidhuber (1997)</a>
 */
public record LstmOp() implements Operation {
    private static final int GATES = 4;
    private static final Program FORWARD_F32 = forward(DType.F32), FORWARD_F64 = forward(DType.F64), BACK_F32 = back(DType.F32),
            BACK_F64 = back(DType.F64);

    /** @throws ShapeException unless the shapes are as above @throws DTypeException unless it is one float type */
    public static Tensor of(Tensor projected, Tensor weight, Tensor h, Tensor c) {
        projected.checkFloat("lstm");
        long n = weight.rank() == 2 ? weight.size(1) : 0, batch = projected.rank() == 3 ? projected.size(1) : 0;
        var state = Shape.of(batch, n);
        if (projected.rank() != 3 || weight.rank() != 2 || projected.size(2) != GATES * n || weight.size(0) != GATES * n
                || !h.shape().equals(state) || !c.shape().equals(state))
            throw new ShapeException("lstm: projected inputs " + projected.shape() + ", weight " + weight.shape() + ", h " + h.shape()
                    + ", c " + c.shape() + "; they are (T, batch, 4 n), (4 n, n), (batch, n) and (batch, n)");
        var type = projected.dtype();
        if (weight.dtype() != type || h.dtype() != type || c.dtype() != type) throw new DTypeException("lstm: projected inputs of " + type
                + ", weight of " + weight.dtype() + ", h of " + h.dtype() + ", c of " + c.dtype() + "; convert them to one type");
        return new LstmOp().apply(projected, weight, h, c);
    }

    private static Program forward(DType type) {
        var p = new ProgramBuilder();
        int[] gates = new int[GATES];
        for (int k = 0; k < GATES; k++)
            gates[k] = p.of(k == 2 ? Op.TANH : Op.SIGMOID, type, p.of(Op.ADD, type, p.load(type, k), p.load(type, GATES + k)));
        int kept = p.of(Op.MUL, type, gates[1], p.load(type, 2 * GATES)), fresh = p.of(Op.MUL, type, gates[0], gates[2]),
                memory = p.of(Op.ADD, type, kept, fresh), h = p.of(Op.MUL, type, gates[3], p.of(Op.TANH, type, memory));
        return p.build(gates[0], gates[1], gates[2], gates[3], memory, h);
    }

    /**
     * From the gradient of h by what follows the network, that by the next step, that of the memory; the gates; the memory after the step and before it. To
     * the gradients of what the gates are made of, and of the memory before.
     */
    private static Program back(DType type) {
        var p = new ProgramBuilder();
        int dh = p.of(Op.ADD, type, p.load(type, 0), p.load(type, 1)), later = p.load(type, 2), i = p.load(type, 3), f = p.load(type, 4),
                g = p.load(type, 5), o = p.load(type, 6), t = p.of(Op.TANH, type, p.load(type, 7)), before = p.load(type, 8),
                one = p.constant(type, 1);
        int dc = p.of(Op.ADD, type, later, p.of(Op.MUL, type, p.of(Op.MUL, type, dh, o), slopeOfTanh(p, type, t, one)));
        int di = p.of(Op.MUL, type, p.of(Op.MUL, type, dc, g), slopeOfSigmoid(p, type, i, one)),
                df = p.of(Op.MUL, type, p.of(Op.MUL, type, dc, before), slopeOfSigmoid(p, type, f, one)),
                dg = p.of(Op.MUL, type, p.of(Op.MUL, type, dc, i), slopeOfTanh(p, type, g, one)),
                dO = p.of(Op.MUL, type, p.of(Op.MUL, type, dh, t), slopeOfSigmoid(p, type, o, one));
        return p.build(di, df, dg, dO, p.of(Op.MUL, type, dc, f));
    }

    private static int slopeOfSigmoid(ProgramBuilder p, DType type, int y, int one) {
        return p.of(Op.MUL, type, y, p.of(Op.SUB, type, one, y));
    }

    private static int slopeOfTanh(ProgramBuilder p, DType type, int y, int one) {
        return p.of(Op.SUB, type, one, p.of(Op.MUL, type, y, y));
    }

    @Override public Tensor value(Tensor... in) { return stepped(false, in).value(); }

    @Override public boolean keeps() { return true; }

    @Override public Outcome outcome(Tensor... in) { return stepped(true, in); }

    private static boolean isHalf(DType type) { return type.bytes() == 2; }

    /** @param kept whether beside the result every h but the last, every memory, with the first, and all gates are; else they are those of one step */
    private Outcome stepped(boolean kept, Tensor... in) {
        var type = in[0].dtype();
        if (isHalf(type)) return new Outcome(Tracing.inside(() -> composed(in)).compute());
        long steps = in[0].size(0), batch = in[0].size(1), n = in[1].size(1), held = kept ? steps : 1;
        Shape ofMemories = Shape.of(kept ? steps + 1 : 1, batch, n), ofGates = Shape.of(held, batch, GATES * n);
        View states = Fusion.allocate(type, Shape.of(steps + 2, batch, n)), memories = Fusion.allocate(type, ofMemories),
                gates = Fusion.allocate(type, ofGates), x = in[0].view();
        Storing.copy(in[2], row(states, 0));
        Storing.copy(in[3], row(memories, 0));
        try (var scratch = Scope.open("lstm")) {
            var sums = Fusion.allocate(type, Shape.of(batch, GATES * n));
            var weight = new Weight(turned(in[1].view()), steps);
            var program = type == DType.F32 ? FORWARD_F32 : FORWARD_F64;
            for (long t = 0; t < steps; t++) {
                weight.times(row(states, t), sums);
                View[] read = new View[2 * GATES + 1], written = new View[GATES + 2];
                for (int k = 0; k < GATES; k++) {
                    read[k] = gate(row(x, t), k, n);
                    read[GATES + k] = gate(sums, k, n);
                    written[k] = gate(row(gates, kept ? t : 0), k, n);
                }
                read[2 * GATES] = row(memories, kept ? t : 0);
                written[GATES] = row(memories, kept ? t + 1 : 0);
                written[GATES + 1] = row(states, t + 1);
                Backend.current().run(program, read, written);
            }
        }
        Storing.copy(new Tensor(row(memories, kept ? steps : 0), Shape.of(batch, n)), row(states, steps + 1));
        var result = new Tensor(rows(states, 1, steps + 1), Shape.of(steps + 1, batch, n));
        if (!kept) return new Outcome(result);
        return new Outcome(result, new Tensor(rows(states, 0, steps), Shape.of(steps, batch, n)), new Tensor(memories, ofMemories),
                new Tensor(gates, ofGates));
    }

    /** The right matrix of every step, packed where there are steps enough to pay for that. */
    private record Weight(View matrix, RightMatrix packed) {
        private static final long FEW = 4;

        Weight(View matrix, long steps) { this(matrix, steps < FEW ? null : new RightMatrix(matrix)); }

        void times(View left, View out) {
            if (packed == null) Backend.current().matmul(left, matrix, out);
            else Backend.current().matmul(left, packed, out);
        }
    }

    private static View rows(View x, long from, long count) {
        var shape = x.shape().clone();
        shape[0] = count;
        return new View(x.dtype(), x.storage(), x.offset() + from * x.strides()[0], shape, x.strides());
    }

    /** One of the first axis. */
    private static View row(View x, long t) {
        return new View(x.dtype(), x.storage(), x.offset() + t * x.strides()[0], new long[] {x.shape()[1], x.shape()[2]},
                new long[] {x.strides()[1], x.strides()[2]});
    }

    private static View gate(View row, int k, long n) {
        return new View(row.dtype(), row.storage(), row.offset() + k * n * row.strides()[1], new long[] {row.shape()[0], n}, row.strides());
    }

    private static View turned(View x) {
        return x.with(new long[] {x.shape()[1], x.shape()[0]}, new long[] {x.strides()[1], x.strides()[0]});
    }

    /** Operands and result: the gradients come from one loop, or from the formula again. */
    @Override public int reads(int i) { return 0b1111; }

    @Override public Tensor pullback(int i, Tensor g, Reading reading) { return visit(reading).pullback(i, g); }

    @Override public Visit visit(Reading reading) {
        var parts = new Tensor[1][];
        return (i, g) -> {
            if (parts[0] == null) parts[0] = Reading.isWatched() ? inOperations(g, reading)
                    : isHalf(reading.type(0)) ? Tracing.untold(() -> inOperations(g, reading)) : fused(g, reading);
            return parts[0][i];
        };
    }

    private Tensor[] fused(Tensor g, Reading reading) {
        var type = reading.type(0);
        long steps = reading.shape(0).size(0), batch = reading.shape(0).size(1), n = reading.shape(1).size(1);
        var state = Shape.of(batch, n);
        View given = g.view(), states = reading.kept(0).view(), memories = reading.kept(1).view(), gates = reading.kept(2).view();
        View back = Fusion.allocate(type, reading.shape(0)), dh = Fusion.allocate(type, state), dc = Fusion.allocate(type, state);
        Storing.copy(Tensor.full(type, 0, state.sizes()), dh);
        Storing.copy(new Tensor(row(given, steps), state), dc);
        var weight = new Weight(reading.operand(1).view(), steps);
        var program = type == DType.F32 ? BACK_F32 : BACK_F64;
        for (long t = steps - 1; t >= 0; t--) {
            View[] read = new View[GATES + 5], written = new View[GATES + 1];
            read[0] = row(given, t);
            read[1] = dh;
            read[2] = written[GATES] = dc;
            for (int k = 0; k < GATES; k++) {
                read[3 + k] = gate(row(gates, t), k, n);
                written[k] = gate(row(back, t), k, n);
            }
            read[GATES + 3] = row(memories, t + 1);
            read[GATES + 4] = row(memories, t);
            Backend.current().run(program, read, written);
            weight.times(row(back, t), dh);
        }
        return new Tensor[] {new Tensor(back, reading.shape(0)), reading.isTracked(1) ? ofWeight(back, states, steps * batch, n) : null,
                new Tensor(dh, state), new Tensor(dc, state)};
    }

    /** One product over all steps and examples. */
    private static Tensor ofWeight(View back, View states, long rows, long n) {
        var shape = Shape.of(GATES * n, n);
        var out = Fusion.allocate(back.dtype(), shape);
        var left = new Tensor(flat(back, rows, GATES * n), Shape.of(rows, GATES * n)).transpose();
        MatmulOp.into(left, new Tensor(flat(states, rows, n), Shape.of(rows, n)), Precision.F32, out);
        return new Tensor(out, shape);
    }

    private static View flat(View x, long rows, long columns) { return x.with(new long[] {rows, columns}, new long[] {columns, 1}); }

    private Tensor[] inOperations(Tensor g, Reading reading) {
        boolean recorded = GradMode.isRecording();
        return GradMode.with(true, () -> {
            var in = new Tensor[reading.operands()];
            for (int i = 0; i < in.length; i++) in[i] = Backward.entrance(reading.operand(i));
            return Backward.gradients(composed(in), g, in, recorded);
        });
    }

    /** Entries side by side along the batch axis. */
    @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) {
        if (isBatched[1]) return Batch.loop(this, size, isBatched, in);
        var operands = in.clone();
        for (int i = 0; i < in.length; i++) if (i != 1) operands[i] = Batch.merged(Batch.spread(size, isBatched[i], in[i]), i == 0 ? 1 : 0);
        return Batch.parted(apply(operands), size, 1);
    }

    @Override public Tensor composed(Tensor... in) {
        int steps = Math.toIntExact(in[0].size(0));
        var rows = new Tensor[steps + 1];
        Tensor h = in[2], c = in[3];
        for (int t = 0; t < steps; t++) {
            var gates = in[0].select(0, t).add(h.affine(in[1], null)).chunk(1, GATES);
            c = gates[1].sigmoid().mul(c).add(gates[0].sigmoid().mul(gates[2].tanh()));
            rows[t] = h = gates[3].sigmoid().mul(c.tanh());
        }
        rows[steps] = c;
        return Tensor.stack(0, rows);
    }

    @Override public boolean isComposed() { return true; }

    /** The products with the state. */
    @Override public long operations(Form out, Form... in) { return in[0].shape().count() * in[1].shape().size(1); }

    @Override public String text() { return "lstm"; }
}
