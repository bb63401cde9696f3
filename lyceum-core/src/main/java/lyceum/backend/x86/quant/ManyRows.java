package lyceum.backend.x86.quant;

import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Precision;
import lyceum.backend.ProgramBuilder;
import lyceum.backend.View;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockMatrix;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.gemm.SplitProducts;
import lyceum.backend.x86.machine.Cpu;
import lyceum.memory.Allocator;
import lyceum.memory.Scope;

/**
 * Products of many rows with weights in F16 or BF16: as products of BF16 ({@link Precision#F32_SPLIT3}), of which tiles do three in less time than vectors one of F32. Parts
 * of the weights become F32 for it, from where they lie, and are given back.
 */
final class ManyRows {
    /** Fewer rows, or fewer weights, do not pay for that. */
    private static final int FEWEST_ROWS = 192, FEWEST_WEIGHTS = 1 << 16;
    /** Floats of a part. */
    private static final long PART = 4 << 20;

    private final Cpu cpu;
    private final Backend backend;
    private final SplitProducts splits;

    ManyRows(Cpu cpu, Backend backend, SplitProducts splits) {
        this.cpu = cpu;
        this.backend = backend;
        this.splits = splits;
    }

    /** {@code out = x w'}; false, and nothing that counts is done, if it is for floats as they are. */
    boolean multiply(View x, BlockMatrix weights, View bias, Activations activations, View out) {
        var type = switch (weights.format().name()) {
            case "F16" -> DType.F16;
            case "BF16" -> DType.BF16;
            default -> null;
        };
        long k = weights.columns(), at = weights.rowAt(0) - weights.storage().base();
        boolean suits = type != null && activations == Activations.Q8 && bias == null && x.dtype() == DType.F32 && cpu.has(Feature.AMX_BF16)
                && x.shape()[0] >= FEWEST_ROWS && weights.rows() * k >= FEWEST_WEIGHTS && at % 2 == 0;
        if (!suits) return false;
        long rows = Math.clamp(PART / k, 1, weights.rows());
        try (var scope = Scope.open("weights as floats")) {
            var wide = new View(DType.F32, Allocator.allocate(rows * k * 4), 0, new long[] {rows, k}, new long[] {k, 1});
            for (long from = 0; from < weights.rows(); from += rows) {
                long some = Math.min(rows, weights.rows() - from);
                var shape = new long[] {some, k};
                var part = wide.with(shape, wide.strides());
                widen(new View(type, weights.storage(), at / 2 + from * k, shape, wide.strides()), part);
                var columns = new View(DType.F32, out.storage(), out.offset() + from * out.strides()[1], new long[] {x.shape()[0], some},
                        out.strides());
                if (!splits.multiply(x, part.with(new long[] {k, some}, new long[] {1, k}), Precision.F32_SPLIT3, columns)) return false;
            }
        }
        return true;
    }

    private void widen(View from, View to) {
        var program = new ProgramBuilder();
        backend.run(program.build(program.cast(DType.F32, program.load(from.dtype(), 0))), new View[] {from}, new View[] {to});
    }
}
