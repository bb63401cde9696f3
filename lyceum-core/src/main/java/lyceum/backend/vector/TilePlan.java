package lyceum.backend.vector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.backend.Op;
import lyceum.backend.tile.Instruction;
import lyceum.backend.tile.Instruction.Argument;
import lyceum.backend.tile.Instruction.Binary;
import lyceum.backend.tile.Instruction.Constant;
import lyceum.backend.tile.Instruction.Convert;
import lyceum.backend.tile.Instruction.Dot;
import lyceum.backend.tile.Instruction.Load;
import lyceum.backend.tile.Instruction.Loop;
import lyceum.backend.tile.Instruction.ProgramId;
import lyceum.backend.tile.Instruction.Reduce;
import lyceum.backend.tile.Instruction.Store;
import lyceum.backend.tile.Instruction.Transpose;
import lyceum.backend.tile.Instruction.Unary;
import lyceum.backend.tile.Instruction.Where;
import lyceum.backend.tile.TileProgram;
import lyceum.backend.tile.Value;

/**
 * Which tiles of a kernel are stored in arrays, and which are computed in registers by the loop of the one that reads them. Rows of an array begin at
 * multiples of a vector; what lies behind their ends is any number.
 */
final class TilePlan {
    /** Instructions in one loop that C2 keeps in registers. */
    private static final int LARGEST = 20;
    private static final int LANES = FloatSteps.LANES.length();

    private final TileProgram program;
    private final Map<Value, Instruction> producers = new HashMap<>();
    private final int[] uses, depth, size, slot;
    private final boolean[] stored;
    private final List<Integer> lengths = new ArrayList<>();
    private final List<Argument> arguments = new ArrayList<>();
    private final List<ProgramId> programIds = new ArrayList<>();

    TilePlan(TileProgram program) {
        this.program = program;
        int n = program.values();
        uses = new int[n];
        depth = new int[n];
        size = new int[n];
        slot = new int[n];
        stored = new boolean[n];
        Arrays.fill(slot, -1);
        program.forEach(this::meet);
        define(program.body(), 0);
        read(program.body(), 0);
        place(program.body());
    }

    private void meet(Instruction instruction) {
        for (var r : instruction.defines()) producers.put(r, instruction);
        for (var x : instruction.operands()) uses[x.id()]++;
        switch (instruction) {
            case Loop loop -> loop.yields().forEach(y -> uses[y.id()]++);
            case Argument argument -> arguments.add(argument);
            case ProgramId id -> programIds.add(id);
            default -> {}
        }
    }

    private void define(List<Instruction> body, int level) {
        for (var instruction : body) {
            for (var r : instruction.defines()) depth[r.id()] = level;
            if (!(instruction instanceof Loop loop)) continue;
            for (var c : loop.carried()) depth[c.id()] = level + 1;
            define(loop.body(), level + 1);
        }
    }

    /** Decides what is stored, in order, so that an operand is decided before what reads it. */
    private void read(List<Instruction> body, int level) {
        for (var instruction : body) {
            for (var x : instruction.operands()) if (level > depth[x.id()]) storeUnlessConstant(x);
            switch (instruction) {
                case Dot dot -> {
                    store(dot.a());
                    store(dot.b());
                }
                case Transpose transpose -> store(transpose.x());
                case Store s -> store(s.x());
                case Convert c -> { if (c.result().type() == DType.I32) store(c.x()); }
                // A mask may be needed element by element.
                case Binary b when b.op().isPredicate() -> {
                    storeUnlessConstant(b.a());
                    storeUnlessConstant(b.b());
                }
                case Loop loop -> {
                    loop.results().forEach(this::store);
                    loop.carried().forEach(this::store);
                    read(loop.body(), level + 1);
                    loop.yields().forEach(this::store);
                }
                default -> {}
            }
            for (var r : instruction.defines()) decide(instruction, r);
        }
    }

    private void decide(Instruction instruction, Value r) {
        boolean alone = switch (instruction) {
            case Load l -> true;
            case Dot d -> true;
            case Reduce d -> true;
            case Transpose t -> true;
            case Argument a -> true;
            case Unary u -> !isSimple(u.op());
            default -> false;
        };
        size[r.id()] = 1;
        for (var x : instruction.operands()) size[r.id()] += isStored(x) || x.isScalar() ? 1 : size[x.id()];
        if (alone || uses[r.id()] > 1 || size[r.id()] > LARGEST) storeUnlessConstant(r);
    }

    private void storeUnlessConstant(Value value) { if (!(producers.get(value) instanceof Constant)) store(value); }

    private void store(Value value) { if (value.type() == DType.F32) stored[value.id()] = true; }

    /** Gives an array to each stored tile; a loop's results share those of its carried tiles, and what may be computed in place has no own one. */
    private void place(List<Instruction> body) {
        for (var instruction : body) {
            if (instruction instanceof Loop loop) {
                for (int c = 0; c < loop.carried().size(); c++) {
                    Value carried = loop.carried().get(c), yield = loop.yields().get(c);
                    array(carried);
                    slot[loop.results().get(c).id()] = slot(carried);
                    if (uses[carried.id()] == 1 && slot[yield.id()] < 0) inPlace(yield, carried, true);
                }
                place(loop.body());
                loop.yields().forEach(this::array);
            } else {
                instruction.defines().forEach(this::array);
            }
        }
    }

    private void array(Value value) {
        if (!isStored(value) || slot[value.id()] >= 0) return;
        slot[value.id()] = lengths.size();
        lengths.add((value.columns() == 1 ? padded(value.rows()) : value.rows() * stride(value)));
    }

    /** Whether {@code value} may be written where {@code carried}, which nothing else reads, has been: element by element, or by adding products to it. */
    private boolean inPlace(Value value, Value carried, boolean isYield) {
        if (value.equals(carried)) return true;
        if (!value.sameShape(carried) || slot[value.id()] >= 0 || !isYield && uses[value.id()] > 1) return false;
        boolean through = switch (producers.get(value)) {
            case Dot(var r, var a, var b, var c) -> inPlace(c, carried, false);
            case Unary(var r, var op, var x) -> inPlace(x, carried, false);
            case Binary(var r, var op, var a, var b) -> inPlace(a, carried, false) || inPlace(b, carried, false);
            case Where(var r, var mask, var a, var b) -> inPlace(a, carried, false) || inPlace(b, carried, false);
            default -> false;
        };
        if (through && isStored(value)) slot[value.id()] = slot(carried);
        return through;
    }

    /** Functions that are one instruction of the loop around them; the others have loops of their own. */
    static boolean isSimple(Op op) { return op == Op.NEG || op == Op.ABS || op == Op.SQRT || op == Op.RELU || op == Op.SQUARE; }

    /** Elements from one row of an array to the next. */
    static int stride(Value value) { return value.columns() == 1 ? 1 : padded(value.columns()); }

    static int padded(int n) { return (n + LANES - 1) / LANES * LANES; }

    TileProgram program() { return program; }

    Instruction producer(Value value) { return producers.get(value); }

    boolean isStored(Value value) { return stored[value.id()]; }

    int slot(Value value) { return slot[value.id()]; }

    int slots() { return lengths.size(); }

    int length(int slot) { return lengths.get(slot); }

    List<Argument> arguments() { return arguments; }

    List<ProgramId> programIds() { return programIds; }

    /** Nanoseconds of a program, roughly: it decides how many a thread takes at once. */
    double nanos() { return nanos(program.body()); }

    private static double nanos(List<Instruction> body) {
        double sum = 0;
        for (var instruction : body) {
            sum += switch (instruction) {
                case Loop loop -> 8 * nanos(loop.body());
                case Dot dot -> 0.02 * dot.result().size() * dot.a().columns();
                case Store store -> 0.1 * store.x().size();
                default -> 0.1 * instruction.defines().getFirst().size();
            };
        }
        return sum;
    }
}
