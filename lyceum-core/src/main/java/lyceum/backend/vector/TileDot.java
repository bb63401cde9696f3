package lyceum.backend.vector;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.TypeKind;
import java.lang.constant.MethodTypeDesc;
import java.util.Set;
import lyceum.backend.tile.Instruction.Dot;

/**
 * {@code c += a b} for tiles in arrays. A micro-kernel keeps {@value #ROWS} rows of {@value #VECTORS} vectors of c in registers while it runs along k:
 * each vector of b that it loads serves all rows, each broadcast element of a all vectors, and as many sums are under way as the latency of a fused multiply-add asks for.
 */
record TileDot(int a, int b, int c, int m, int n, int k, int strideA, int strideB) {
    private static final int ROWS = 6, VECTORS = 2, LANES = FloatSteps.LANES.length();

    /** A micro-kernel: c's block of so many rows and vectors. */
    record Block(int rows, int vectors, int k, int strideA, int strideB) {
        String name() { return "block" + rows + "x" + vectors + "x" + k + "of" + strideA + "and" + strideB; }

        static MethodTypeDesc type() {
            return MethodTypeDesc.of(CD_void, TileCode.ARRAY, CD_int, TileCode.ARRAY, CD_int, TileCode.ARRAY, CD_int);
        }

        /** Parameters: a, where its rows begin, b, where its columns begin, c and where the block begins. */
        void write(TileCode to) {
            int atA = 1, atB = 3, c = 4, atC = 5, x = to.local(TypeKind.REFERENCE);
            var code = to.code;
            var sums = new int[rows][vectors];
            var right = new int[vectors];
            for (int v = 0; v < vectors; v++) right[v] = to.local(TypeKind.REFERENCE);
            for (int r = 0; r < rows; r++) {
                for (int v = 0; v < vectors; v++) {
                    sums[r][v] = to.local(TypeKind.REFERENCE);
                    code.aload(c).iload(atC).loadConstant(r * strideB + v * LANES).iadd();
                    to.call(TileCode.FLOATS, "load", TileCode.CD_FLOATS, TileCode.ARRAY, CD_int);
                    code.astore(sums[r][v]);
                }
            }
            to.loop(k, 1, p -> {
                for (int v = 0; v < vectors; v++) {
                    code.aload(2).iload(atB).loadConstant(v * LANES).iadd();
                    to.call(TileCode.FLOATS, "load", TileCode.CD_FLOATS, TileCode.ARRAY, CD_int);
                    code.astore(right[v]);
                }
                for (int r = 0; r < rows; r++) {
                    code.aload(0).iload(atA).loadConstant(r * strideA).iadd();
                    to.call(TileCode.STEPS, "spread", TileCode.CD_FLOATS, TileCode.ARRAY, CD_int);
                    code.astore(x);
                    for (int v = 0; v < vectors; v++) {
                        code.aload(x).aload(right[v]).aload(sums[r][v]);
                        to.call(TileCode.FLOATS, "fma", TileCode.CD_FLOATS, TileCode.CD_FLOATS, TileCode.CD_FLOATS, TileCode.CD_FLOATS);
                        code.astore(sums[r][v]);
                    }
                }
                code.iinc(atA, 1).iinc(atB, strideB);
            });
            for (int r = 0; r < rows; r++) {
                for (int v = 0; v < vectors; v++) {
                    code.aload(sums[r][v]).aload(c).iload(atC).loadConstant(r * strideB + v * LANES).iadd();
                    to.call(TileCode.FLOATS, "store", CD_void, TileCode.CD_FLOATS, TileCode.ARRAY, CD_int);
                }
            }
        }
    }

    static TileDot of(TilePlan plan, Dot dot) {
        return new TileDot(plan.slot(dot.a()), plan.slot(dot.b()), plan.slot(dot.result()), dot.result().rows(), dot.result().columns(),
                dot.a().columns(), TilePlan.stride(dot.a()), TilePlan.stride(dot.b()));
    }

    /** Panels of b's columns, and in each the rows of a; {@code blocks} receives the micro-kernels that this calls. */
    void write(TileCode to, Set<Block> blocks) {
        int vectors = TilePlan.padded(n) / LANES, whole = vectors / VECTORS * VECTORS;
        to.loop(whole * LANES, VECTORS * LANES, j -> rows(to, blocks, j, 0, VECTORS));
        if (whole < vectors) rows(to, blocks, TileCode.ZERO, whole * LANES, vectors - whole);
    }

    /** The panel of {@code width} vectors from column {@code j + more}. */
    private void rows(TileCode to, Set<Block> blocks, int j, int more, int width) {
        int whole = m / ROWS * ROWS;
        if (whole > 0) to.loop(whole, ROWS, i -> call(to, blocks, i, 0, j, more, ROWS, width));
        if (whole < m) call(to, blocks, TileCode.ZERO, whole, j, more, m - whole, width);
    }

    private void call(TileCode to, Set<Block> blocks, int i, int down, int j, int more, int height, int width) {
        var block = new Block(height, width, k, strideA, strideB);
        blocks.add(block);
        to.array(a);
        to.index(i, strideA, TileCode.ZERO);
        to.code.loadConstant(down * strideA).iadd();
        to.array(b);
        to.coordinate(j);
        to.code.loadConstant(more).iadd();
        to.array(c);
        to.index(i, strideB, j);
        to.code.loadConstant(down * strideB + more).iadd();
        to.code.invokestatic(TileWriter.HOME, block.name(), Block.type());
    }
}
