package lyceum.backend.tile;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import lyceum.DType;
import lyceum.backend.Op;
import lyceum.backend.scalar.Functions;
import lyceum.backend.tile.Instruction.Argument;
import lyceum.backend.tile.Instruction.Binary;
import lyceum.backend.tile.Instruction.Broadcast;
import lyceum.backend.tile.Instruction.Constant;
import lyceum.backend.tile.Instruction.Convert;
import lyceum.backend.tile.Instruction.Dot;
import lyceum.backend.tile.Instruction.Load;
import lyceum.backend.tile.Instruction.Loop;
import lyceum.backend.tile.Instruction.ProgramId;
import lyceum.backend.tile.Instruction.Range;
import lyceum.backend.tile.Instruction.Reduce;
import lyceum.backend.tile.Instruction.Store;
import lyceum.backend.tile.Instruction.Transpose;
import lyceum.backend.tile.Instruction.Unary;
import lyceum.backend.tile.Instruction.Where;
import lyceum.backend.tile.TileReport.Fault;
import lyceum.backend.tile.TileReport.Kind;

/**
 * The meaning of the instructions, in plain loops, and a witness of every address: one program after the other, each element as a double that is rounded
 * to its type. Arithmetic of F32 has the bits of F32; sums along an axis are rounded once.
 */
final class TileInterpreter {
    private static final int MOST_FAULTS = 1000, NOBODY = -1, SEVERAL = -2;

    /** Which program wrote and read each element of a buffer that the kernel writes, and which execution of a store was the last there. */
    private static final class Witness {
        final int[] writer, reader, stamp;

        Witness(int elements) {
            writer = new int[elements];
            reader = new int[elements];
            stamp = new int[elements];
            Arrays.fill(writer, NOBODY);
            Arrays.fill(reader, NOBODY);
        }
    }

    private final TileLaunch launch;
    private final double[][] values;
    private final Map<Parameter, Witness> witnesses = new HashMap<>();
    private final List<Fault> faults = new ArrayList<>();
    private int program, stores;
    private long loaded, stored;

    TileInterpreter(TileLaunch launch) {
        this.launch = launch;
        values = new double[launch.program().values()][];
        for (var stored : launch.program().stored()) {
            if (witnesses.containsKey(stored)) continue;
            var witness = new Witness(Math.toIntExact(elements(stored)));
            // Several parameters may be bound to one array.
            for (var p : launch.program().parameters())
                if (p.kind() == Parameter.Kind.BUFFER && launch.buffer(p).equals(launch.buffer(stored))) witnesses.put(p, witness);
        }
    }

    private long elements(Parameter buffer) { return launch.buffer(buffer).byteSize() / Float.BYTES; }

    TileReport run() {
        for (program = 0; program < launch.programs(); program++) run(launch.program().body());
        return new TileReport(faults, loaded, stored);
    }

    private void run(List<Instruction> body) { for (var instruction : body) run(instruction); }

    private void run(Instruction instruction) {
        switch (instruction) {
            case Constant(var r, var number) -> Arrays.fill(make(r), rounded(r, number));
            case Argument(var r, var p) -> make(r)[0] = p.kind() == Parameter.Kind.INTEGER ? launch.integer(p) : launch.number(p);
            case ProgramId(var r, var axis) -> make(r)[0] = launch.programId(program, axis);
            case Range(var r, var axis) -> Arrays.setAll(make(r), i -> i);
            case Unary(var r, var op, var x) -> {
                var f = Functions.unary(op);
                double[] to = make(r), from = values[x.id()];
                for (int i = 0; i < to.length; i++) to[i] = (float) f.applyAsDouble(from[i]);
            }
            case Binary(var r, var op, var a, var b) -> {
                var f = meaning(op);
                double[] to = make(r);
                for (int i = 0, at = 0; i < r.rows(); i++)
                    for (int j = 0; j < r.columns(); j++, at++) to[at] = rounded(r, f.applyAsDouble(get(a, i, j), get(b, i, j)));
            }
            case Where(var r, var mask, var a, var b) -> {
                double[] to = make(r);
                for (int i = 0, at = 0; i < r.rows(); i++)
                    for (int j = 0; j < r.columns(); j++, at++) to[at] = get(get(mask, i, j) != 0 ? a : b, i, j);
            }
            case Convert(var r, var x) -> {
                double[] to = make(r), from = values[x.id()];
                for (int i = 0; i < to.length; i++) to[i] = rounded(r, from[i]);
            }
            case Broadcast(var r, var x) -> {
                double[] to = make(r);
                for (int i = 0, at = 0; i < r.rows(); i++) for (int j = 0; j < r.columns(); j++, at++) to[at] = get(x, i, j);
            }
            case Transpose(var r, var x) -> {
                double[] to = make(r);
                for (int i = 0, at = 0; i < r.rows(); i++) for (int j = 0; j < r.columns(); j++, at++) to[at] = get(x, j, i);
            }
            case Reduce reduce -> reduce(reduce);
            case Dot dot -> dot(dot);
            case Load load -> load(load);
            case Store store -> store(store);
            case Loop loop -> loop(loop);
        }
    }

    /** A new array, since carried tiles keep theirs. */
    private double[] make(Value value) { return values[value.id()] = new double[value.size()]; }

    private double get(Value value, int i, int j) {
        return values[value.id()][(value.rows() == 1 ? 0 : i) * value.columns() + (value.columns() == 1 ? 0 : j)];
    }

    private static double rounded(Value value, double x) {
        return value.type() == DType.F32 ? (float) x : value.type() == DType.I32 ? (int) x : x;
    }

    private static DoubleBinaryOperator meaning(Op op) {
        return switch (op) {
            case EQ -> (x, y) -> x == y ? 1 : 0;
            case NE -> (x, y) -> x != y ? 1 : 0;
            case LT -> (x, y) -> x < y ? 1 : 0;
            case LE -> (x, y) -> x <= y ? 1 : 0;
            case GT -> (x, y) -> x > y ? 1 : 0;
            case GE -> (x, y) -> x >= y ? 1 : 0;
            case AND -> (x, y) -> x * y;
            case OR -> Math::max;
            default -> Functions.binary(op);
        };
    }

    private void reduce(Reduce reduce) {
        Value r = reduce.result(), x = reduce.x();
        var f = meaning(reduce.op());
        double[] to = make(r);
        int n = reduce.axis() == 0 ? x.rows() : x.columns();
        for (int line = 0; line < to.length; line++) {
            double sum = reduce.axis() == 0 ? get(x, 0, line) : get(x, line, 0);
            for (int p = 1; p < n; p++) sum = f.applyAsDouble(sum, reduce.axis() == 0 ? get(x, p, line) : get(x, line, p));
            to[line] = (float) sum;
        }
    }

    private void dot(Dot dot) {
        double[] a = values[dot.a().id()], b = values[dot.b().id()], c = values[dot.c().id()], to = make(dot.result());
        int n = dot.result().columns(), inner = dot.a().columns();
        for (int i = 0; i < dot.result().rows(); i++) {
            for (int j = 0; j < n; j++) {
                float sum = (float) c[i * n + j];
                for (int p = 0; p < inner; p++) sum = Math.fma((float) a[i * inner + p], (float) b[p * n + j], sum);
                to[i * n + j] = sum;
            }
        }
    }

    private void loop(Loop loop) {
        for (int i = 0; i < loop.initial().size(); i++) values[loop.carried().get(i).id()] = values[loop.initial().get(i).id()];
        for (double i = values[loop.from().id()][0]; i < values[loop.to().id()][0]; i += loop.step()) {
            make(loop.index())[0] = i;
            run(loop.body());
            var next = loop.yields().stream().map(v -> values[v.id()]).toList();
            for (int c = 0; c < next.size(); c++) values[loop.carried().get(c).id()] = next.get(c);
        }
        for (int i = 0; i < loop.results().size(); i++) values[loop.results().get(i).id()] = values[loop.carried().get(i).id()];
    }

    private void load(Load load) {
        var memory = launch.buffer(load.buffer());
        var witness = witnesses.get(load.buffer());
        var offsets = values[load.offsets().id()];
        double[] to = make(load.result());
        boolean outside = false, race = false;
        int columns = load.result().columns();
        for (int at = 0; at < to.length; at++) {
            to[at] = load.other();
            if (load.mask() != null && get(load.mask(), at / columns, at % columns) == 0) continue;
            loaded++;
            long element = (long) offsets[at];
            if (element < 0 || element >= elements(load.buffer())) {
                if (!outside) fault(Kind.OUT_OF_RANGE, load.buffer(), element, program, "reads");
                outside = true;
                continue;
            }
            to[at] = memory.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, element);
            if (witness == null) continue;
            int e = (int) element, writer = witness.writer[e], reader = witness.reader[e];
            if (writer != NOBODY && writer != program && !race) {
                fault(Kind.READ_AND_WRITE, load.buffer(), element, writer, "reads");
                race = true;
            }
            witness.reader[e] = reader == NOBODY || reader == program ? program : SEVERAL;
        }
    }

    private void store(Store store) {
        var memory = launch.buffer(store.buffer());
        var witness = witnesses.get(store.buffer());
        double[] offsets = values[store.offsets().id()], from = values[store.x().id()];
        boolean outside = false, overlap = false, race = false;
        int columns = store.x().columns();
        stores++;
        for (int at = 0; at < from.length; at++) {
            if (store.mask() != null && get(store.mask(), at / columns, at % columns) == 0) continue;
            stored++;
            long element = (long) offsets[at];
            if (element < 0 || element >= elements(store.buffer())) {
                if (!outside) fault(Kind.OUT_OF_RANGE, store.buffer(), element, program, "writes");
                outside = true;
                continue;
            }
            int e = (int) element, writer = witness.writer[e], reader = witness.reader[e];
            if (!overlap && (writer != NOBODY && writer != program || witness.stamp[e] == stores)) {
                fault(Kind.OVERLAPPING_STORES, store.buffer(), element, writer, "writes");
                overlap = true;
            }
            if (!race && reader != NOBODY && reader != program) {
                fault(Kind.READ_AND_WRITE, store.buffer(), element, reader, "writes");
                race = true;
            }
            witness.writer[e] = program;
            witness.stamp[e] = stores;
            memory.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, element, (float) from[at]);
        }
    }

    private void fault(Kind kind, Parameter buffer, long element, int other, String what) {
        if (faults.size() == MOST_FAULTS) return;
        var detail = new StringBuilder("program ").append(program).append(' ').append(what).append(' ').append(buffer.name()).append('[')
                .append(element).append(']');
        switch (kind) {
            case OUT_OF_RANGE -> detail.append(", which has ").append(elements(buffer)).append(" elements; mask it");
            case OVERLAPPING_STORES -> detail
                    .append(other == program ? " twice in one store; tiles overlap" : ", which program " + other + " wrote; tiles overlap");
            case READ_AND_WRITE -> detail.append(", which ").append(other == SEVERAL ? "several programs" : "program " + other)
                    .append(what.equals("reads") ? " wrote" : " read").append("; programs run in any order");
        }
        faults.add(new Fault(kind, buffer.name(), element, program, other, detail.toString()));
    }
}
