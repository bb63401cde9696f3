package lyceum.backend.tile;

import lyceum.DType;
import lyceum.backend.Op;

/**
 * A tile while a kernel is written: rows and columns of F32, I32 or BOOL that stand for numbers nobody knows yet. Each method records an instruction.
 * Where two tiles meet, one row or one column stretches to the other's.
 *
 * <p>A wrong type or shape is an {@link IllegalArgumentException} at the call.
 */
public final class Tile {
    final TileBuilder builder;
    final Value value;

    Tile(TileBuilder builder, Value value) {
        this.builder = builder;
        this.value = value;
    }

    public int rows() { return value.rows(); }

    public int columns() { return value.columns(); }

    public DType type() { return value.type(); }

    public Tile add(Tile b) { return builder.binary(Op.ADD, this, b); }

    public Tile add(double b) { return add(like(b)); }

    public Tile sub(Tile b) { return builder.binary(Op.SUB, this, b); }

    public Tile sub(double b) { return sub(like(b)); }

    public Tile mul(Tile b) { return builder.binary(Op.MUL, this, b); }

    public Tile mul(double b) { return mul(like(b)); }

    /** The quotient of F32; that of I32 is {@link #floorDiv}. */
    public Tile div(Tile b) { return builder.binary(Op.DIV, this, b); }

    public Tile div(double b) { return div(like(b)); }

    /** The quotient of I32, rounded down. */
    public Tile floorDiv(Tile b) { return builder.binary(Op.FLOOR_DIV, this, b); }

    /** The remainder of {@link #floorDiv}. */
    public Tile mod(Tile b) { return builder.binary(Op.MOD, this, b); }

    /** The larger of each two; NaN if one is. */
    public Tile max(Tile b) { return builder.binary(Op.MAX, this, b); }

    public Tile max(double b) { return max(like(b)); }

    /** The smaller of each two; NaN if one is. */
    public Tile min(Tile b) { return builder.binary(Op.MIN, this, b); }

    public Tile min(double b) { return min(like(b)); }

    public Tile lt(Tile b) { return builder.binary(Op.LT, this, b); }

    public Tile lt(double b) { return lt(like(b)); }

    public Tile le(Tile b) { return builder.binary(Op.LE, this, b); }

    public Tile gt(Tile b) { return builder.binary(Op.GT, this, b); }

    public Tile ge(Tile b) { return builder.binary(Op.GE, this, b); }

    public Tile ge(double b) { return ge(like(b)); }

    public Tile eq(Tile b) { return builder.binary(Op.EQ, this, b); }

    public Tile and(Tile b) { return builder.binary(Op.AND, this, b); }

    public Tile or(Tile b) { return builder.binary(Op.OR, this, b); }

    /** {@code this ? a : b}, of a tile of truth values. */
    public Tile where(Tile a, Tile b) { return builder.where(this, a, b); }

    public Tile where(Tile a, double b) { return where(a, a.like(b)); }

    public Tile neg() { return apply(Op.NEG); }

    public Tile exp() { return apply(Op.EXP); }

    public Tile log() { return apply(Op.LOG); }

    public Tile sqrt() { return apply(Op.SQRT); }

    public Tile relu() { return apply(Op.RELU); }

    public Tile gelu() { return apply(Op.GELU); }

    public Tile tanh() { return apply(Op.TANH); }

    /** Any function of one F32 number, as {@link Op} names them. */
    public Tile apply(Op function) { return builder.unary(function, this); }

    /** The sum along axis 0 (down the columns) or 1 (along the rows), which stays with length 1. */
    public Tile sum(int axis) { return builder.reduce(Op.ADD, axis, this); }

    /** The largest along an axis, which stays with length 1; NaN if one is. */
    public Tile largest(int axis) { return builder.reduce(Op.MAX, axis, this); }

    /** The smallest along an axis, which stays with length 1; NaN if one is. */
    public Tile smallest(int axis) { return builder.reduce(Op.MIN, axis, this); }

    /** The matrix product with {@code b}. */
    public Tile dot(Tile b) { return dot(b, builder.full(rows(), b.columns(), 0)); }

    /** {@code c} and the matrix product with {@code b}. */
    public Tile dot(Tile b, Tile c) { return builder.dot(this, b, c); }

    public Tile transpose() { return builder.transpose(this); }

    /** Repeats the only row or column. */
    public Tile broadcast(int rows, int columns) { return builder.broadcast(this, rows, columns); }

    /** I32 as F32. */
    public Tile toFloat() { return builder.convert(this, DType.F32); }

    /** F32 as I32, towards zero. */
    public Tile toInt() { return builder.convert(this, DType.I32); }

    private Tile like(double number) { return builder.constant(type(), number); }

    @Override public String toString() { return value + ": " + type() + value.shape(); }
}
