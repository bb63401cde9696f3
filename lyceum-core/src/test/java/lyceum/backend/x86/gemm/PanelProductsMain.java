package lyceum.backend.x86.gemm;

import java.util.SplittableRandom;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Precision;
import lyceum.backend.View;
import lyceum.backend.x86.machine.Cpu;
import lyceum.memory.Allocator;

/** Products by lowered tiles, of split operands and with packed matrices, whose operands end with their memory: for JVMs that stop where that is left. */
public final class PanelProductsMain {
    private static final DType[][] TYPES = {{DType.BF16, DType.BF16, DType.F32}, {DType.BF16, DType.BF16, DType.BF16},
            {DType.I8, DType.I8, DType.I32}, {DType.U8, DType.I8, DType.I32}, {DType.U8, DType.U8, DType.I32},
            {DType.I8, DType.U8, DType.I32}, {DType.F32, DType.F32, DType.F32}};
    private static final int[] EDGES = {1, 2, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65};

    private PanelProductsMain() {}

    public static void main(String[] args) {
        int runs = Integer.parseInt(args[0]);
        var cpu = TilesTest.tiled("all");
        var plain = Backend.named("x86");
        var tiled = new Gemm(cpu, plain, a -> new LoweredTiles(a, cpu.vectorBits()));
        var own = new Gemm(Cpu.current(), plain);
        var splits = new SplitProducts(plain, own);
        var random = new SplittableRandom(1);
        for (int i = 0; i < runs; i++) {
            var types = TYPES[i % TYPES.length];
            int m = side(random), n = side(random), k = side(random) + (i % 5 == 0 ? 300 : 0);
            View a = matrix(random, types[0], m, k), b = matrix(random, types[1], k, n), out = matrix(random, types[2], m, n);
            var dot = TileDot.of(cpu, types[0], types[1], types[2]);
            if (dot != null) {
                tiled.panels.multiply(Product.of(dot.layout, a, b, out), new PanelProducts.Way(dot, null, null));
                tiled.multiply(a, tiled.pack(b), out);
            } else {
                splits.multiply(a, b, Precision.values()[1 + i % 3], out);
                if (cpu.vectorBits() == 512) new SplitProducts(plain, tiled).multiply(a, b, Precision.F32_SPLIT6, out);
            }
            own.multiply(a, own.pack(b), out);
        }
        System.out.println(runs + " products by tiles and panels on " + cpu.level());
    }

    private static int side(SplittableRandom random) { return EDGES[random.nextInt(EDGES.length)]; }

    /** Of zeros; rows or columns that follow one another. */
    private static View matrix(SplittableRandom random, DType type, int rows, int columns) {
        var storage = Allocator.allocate((long) rows * columns * type.bytes(), null);
        storage.segment().asSlice(storage.base(), storage.bytes()).fill((byte) 0);
        return new View(type, storage, 0, new long[] {rows, columns},
                random.nextBoolean() ? new long[] {columns, 1} : new long[] {1, rows});
    }
}
