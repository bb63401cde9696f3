package lyceum.backend.tile;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.function.BiFunction;
import lyceum.DType;
import lyceum.backend.Op;
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

/** Records a kernel. Parameters are bound at the launch in the order in which they are declared here. */
public final class TileBuilder {
    private final List<Parameter> parameters = new ArrayList<>();
    /** The bodies that are open: the kernel's, and those of the loops around what is written now. */
    private final Deque<List<Instruction>> bodies = new ArrayDeque<>();
    /** Values that may be read: those of closed loops may not. */
    private final BitSet visible = new BitSet();
    private int values;

    TileBuilder() { bodies.push(new ArrayList<>()); }

    TileProgram build(String name) { return new TileProgram(name, parameters, bodies.pop(), values); }

    /** A parameter: memory of F32. */
    public TileBuffer buffer(String name) { return new TileBuffer(this, parameter(name, Parameter.Kind.BUFFER)); }

    /** A parameter: a whole number, (1, 1) of I32. */
    public Tile integer(String name) { return record(new Argument(value(DType.I32, 1, 1), parameter(name, Parameter.Kind.INTEGER))); }

    /** A parameter: a real number, (1, 1) of F32. */
    public Tile number(String name) { return record(new Argument(value(DType.F32, 1, 1), parameter(name, Parameter.Kind.NUMBER))); }

    /** Which program this is along an axis of the grid, 0 to 2; (1, 1) of I32. */
    public Tile programId(int axis) {
        require(axis >= 0 && axis < 3, "programId: axis " + axis + "; a grid has axes 0 to 2");
        return record(new ProgramId(value(DType.I32, 1, 1), axis));
    }

    /** 0 to n - 1 beside one another, (1, n) of I32. */
    public Tile columns(int n) { return record(new Range(value(DType.I32, 1, n), 1)); }

    /** 0 to n - 1 below one another, (n, 1) of I32. */
    public Tile rows(int n) { return record(new Range(value(DType.I32, n, 1), 0)); }

    /** A whole number, (1, 1) of I32. */
    public Tile constant(int number) { return constant(DType.I32, number); }

    /** F32 that are all the same. */
    public Tile full(int rows, int columns, double number) { return record(new Constant(value(DType.F32, rows, columns), number)); }

    Tile constant(DType type, double number) {
        require(type != DType.I32 || number == (int) number, "a tile of I32 meets " + number + "; it must be a whole number");
        return record(new Constant(value(type, 1, 1), number));
    }

    /** {@link #loop(Tile, Tile, int, List, BiFunction)} with one tile that is carried. */
    public Tile loop(Tile from, Tile to, int step, Tile initial, BiFunction<Tile, Tile, Tile> body) {
        return loop(from, to, step, List.of(initial), (i, carried) -> List.of(body.apply(i, carried.getFirst()))).getFirst();
    }

    /**
     * {@code for (i = from; i < to; i += step)}: {@code body} is called once, with the index and the carried tiles, and gives what they are after a
     * turn. Comes back with what they are in the end.
     */
    public List<Tile> loop(Tile from, Tile to, int step, List<Tile> initial, BiFunction<Tile, List<Tile>, List<Tile>> body) {
        for (var end : List.of(from, to))
            require(end.type() == DType.I32 && end.value.isScalar(), "loop: " + end + " is not a scalar of I32");
        require(step > 0, "loop: the step is " + step + "; it is at least 1");
        for (var tile : initial) require(tile.type() == DType.F32, "loop: carried tiles are F32, not " + tile);
        var before = (BitSet) visible.clone();
        var index = tile(value(DType.I32, 1, 1));
        var carried = likes(initial);
        bodies.push(new ArrayList<>());
        var yields = new ArrayList<>(body.apply(index, carried));
        require(yields.size() == carried.size(), "loop: the body gives " + yields.size() + " tiles for " + carried.size());
        for (int i = 0; i < yields.size(); i++) {
            Tile is = yields.get(i), was = carried.get(i);
            require(is.type() == DType.F32 && is.value.sameShape(was.value), "loop: carried " + was + " becomes " + is + "; shapes stay");
            see(is);
            // What another carried tile was is kept by itself: devices may overwrite carried tiles one after the other.
            if (is != was && carried.contains(is))
                yields.set(i, record(new Broadcast(value(DType.F32, is.rows(), is.columns()), is.value)));
        }
        var instructions = bodies.pop();
        visible.clear();
        visible.or(before);
        var results = likes(initial);
        for (var tile : List.of(from, to)) see(tile);
        for (var tile : initial) see(tile);
        bodies.peek().add(new Loop(values(results), index.value, from.value, to.value, step, values(carried), values(initial),
                List.copyOf(instructions), values(yields)));
        return results;
    }

    Tile unary(Op op, Tile x) {
        require(op.arity() == 1 && !op.isPredicate() && !op.isRowReduction() && op != Op.CAST,
                op.text() + " is not a function of one number");
        require(x.type() == DType.F32, op.text() + ": " + x + " is not F32");
        return record(new Unary(value(DType.F32, x.rows(), x.columns()), op, see(x)));
    }

    Tile binary(Op op, Tile a, Tile b) {
        require(a.type() == b.type(), op.text() + ": " + a + " with " + b + "; convert one of them");
        boolean known = switch (op) {
            case ADD, SUB, MUL, MAX, MIN -> a.type() != DType.BOOL;
            case DIV -> a.type() == DType.F32;
            case FLOOR_DIV, MOD -> a.type() == DType.I32;
            case AND, OR -> a.type() == DType.BOOL;
            default -> a.type() != DType.BOOL;
        };
        require(known, op.text() + " is not for tiles of " + a.type());
        var type = op.isPredicate() ? DType.BOOL : a.type();
        return record(
                new Binary(value(type, common(op.text(), a.rows(), b.rows(), a, b), common(op.text(), a.columns(), b.columns(), a, b)), op,
                        see(a), see(b)));
    }

    Tile where(Tile mask, Tile a, Tile b) {
        require(mask.type() == DType.BOOL && a.type() == DType.F32 && b.type() == DType.F32,
                "where: " + mask + ", " + a + ", " + b + "; a mask and two tiles of F32");
        int rows = common("where", common("where", mask.rows(), a.rows(), mask, a), b.rows(), a, b);
        int columns = common("where", common("where", mask.columns(), a.columns(), mask, a), b.columns(), a, b);
        return record(new Where(value(DType.F32, rows, columns), see(mask), see(a), see(b)));
    }

    Tile convert(Tile x, DType type) {
        require(x.type() != DType.BOOL && x.type() != type, "convert: " + x + " to " + type);
        return record(new Convert(value(type, x.rows(), x.columns()), see(x)));
    }

    Tile broadcast(Tile x, int rows, int columns) {
        require((x.rows() == rows || x.rows() == 1) && (x.columns() == columns || x.columns() == 1),
                "broadcast: " + x + " does not stretch to (" + rows + ", " + columns + ")");
        return x.rows() == rows && x.columns() == columns ? x : record(new Broadcast(value(x.type(), rows, columns), see(x)));
    }

    Tile transpose(Tile x) {
        require(x.type() == DType.F32, "transpose: " + x + " is not F32");
        return record(new Transpose(value(DType.F32, x.columns(), x.rows()), see(x)));
    }

    Tile reduce(Op op, int axis, Tile x) {
        require(axis == 0 || axis == 1, op.text() + ": axis " + axis + "; a tile has axes 0 and 1");
        require(x.type() == DType.F32, op.text() + " along an axis: " + x + " is not F32");
        if ((axis == 0 ? x.rows() : x.columns()) == 1) return x;
        return record(new Reduce(value(DType.F32, axis == 0 ? 1 : x.rows(), axis == 0 ? x.columns() : 1), op, axis, see(x)));
    }

    Tile dot(Tile a, Tile b, Tile c) {
        require(a.type() == DType.F32 && b.type() == DType.F32 && c.type() == DType.F32 && a.columns() == b.rows() && a.rows() == c.rows()
                && b.columns() == c.columns(), "dot: " + c + " + " + a + " x " + b + "; F32 of shapes (m, n) + (m, k) x (k, n)");
        require(b.columns() > 1, "dot: " + b + " has one column; multiply by its transpose and sum along axis 1");
        return record(new Dot(value(DType.F32, a.rows(), b.columns()), see(a), see(b), see(c)));
    }

    Tile load(Parameter buffer, Tile offsets, Tile mask, float other) {
        offsets = checkPlace("load", offsets, mask);
        return record(new Load(value(DType.F32, offsets.rows(), offsets.columns()), buffer, see(offsets), mask == null ? null : see(mask),
                other));
    }

    void store(Parameter buffer, Tile offsets, Tile mask, Tile x) {
        offsets = checkPlace("store", offsets, mask);
        require(x.type() == DType.F32, "store: " + x + " is not F32");
        x = broadcast(x, offsets.rows(), offsets.columns());
        bodies.peek().add(new Store(buffer, see(offsets), mask == null ? null : see(mask), see(x)));
    }

    /** The offsets, stretched to the mask's shape if that is larger. */
    private Tile checkPlace(String what, Tile offsets, Tile mask) {
        require(offsets.type() == DType.I32, what + ": offsets " + offsets + " are not I32");
        if (mask == null) return offsets;
        require(mask.type() == DType.BOOL, what + ": the mask " + mask + " is not of truth values");
        return broadcast(offsets, common(what, offsets.rows(), mask.rows(), offsets, mask),
                common(what, offsets.columns(), mask.columns(), offsets, mask));
    }

    private Parameter parameter(String name, Parameter.Kind kind) {
        for (var p : parameters) require(!p.name().equals(name), "there are two parameters " + name);
        var parameter = new Parameter(name, kind, parameters.size());
        parameters.add(parameter);
        return parameter;
    }

    private static int common(String what, int a, int b, Tile x, Tile y) {
        require(a == b || a == 1 || b == 1, what + ": " + x + " and " + y + " do not stretch to one shape");
        return Math.max(a, b);
    }

    private Value value(DType type, int rows, int columns) {
        require(rows > 0 && columns > 0 && (long) rows * columns <= 1 << 24,
                "a tile of shape (" + rows + ", " + columns + "); it has at least one element and at most 2^24");
        return new Value(values++, type, rows, columns);
    }

    private Tile tile(Value value) {
        visible.set(value.id());
        return new Tile(this, value);
    }

    private List<Tile> likes(List<Tile> tiles) { return tiles.stream().map(t -> tile(value(t.type(), t.rows(), t.columns()))).toList(); }

    private static List<Value> values(List<Tile> tiles) { return tiles.stream().map(t -> t.value).toList(); }

    private Value see(Tile tile) {
        require(tile.builder == this, tile + " belongs to another kernel");
        require(visible.get(tile.value.id()), tile + " was made in a loop that is closed; let the loop carry it");
        return tile.value;
    }

    private Tile record(Instruction instruction) {
        bodies.peek().add(instruction);
        return tile(instruction.defines().getFirst());
    }

    private static void require(boolean holds, String otherwise) { if (!holds) throw new IllegalArgumentException(otherwise); }
}
