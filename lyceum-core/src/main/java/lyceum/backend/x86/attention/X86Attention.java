package lyceum.backend.x86.attention;

import java.util.function.Function;
import lyceum.DType;
import lyceum.backend.AttentionOptions;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.ProgramBuilder;
import lyceum.backend.View;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.gemm.Tiles;
import lyceum.backend.x86.machine.Cpu;
import lyceum.memory.Scope;

/**
 * Attention in machine code: F32, and BF16 where the CPU multiplies it; F16, other BF16 and operands whose rows have gaps between their elements are brought
 * into F32 rows first. Where the CPU has tiles, those take the forward pass of BF16 (without a bias, and except for a few queries). F64 goes to plain loops.
 */
public final class X86Attention {
    private final AttentionKernels kernels;
    private final Backend convert;

    /** @param convert copies and casts */
    public X86Attention(Cpu cpu, Backend convert) { this(cpu, convert, Tiles.Registers::new); }

    /** @param tiles by which kernels for tiles are written: the CPU's registers, or in tests what does the same */
    X86Attention(Cpu cpu, Backend convert, Function<Assembler, Tiles> tiles) {
        this.kernels = new AttentionKernels(cpu, tiles);
        this.convert = convert;
    }

    /** See {@link Backend#attention}; false if nothing was done, and plain loops shall. The caller keeps operands reachable. @throws lyceum.backend.x86.machine.CodeMemory.Refused if there is no memory for code */
    public boolean forward(AttentionOptions options, View q, View k, View v, View out, View logSumExp) {
        if (!covers(options, q, k, v, out) || q.shape()[3] == 0 || v.shape()[3] == 0) return false;
        if (logSumExp == null && q.dtype() == DType.F32 && direct(q, k, v, out)) { // which makes nothing that a scope would have to free
            new Forward(kernels, convert, options, q, k, v, out, null).run();
            return true;
        }
        try (var scratch = Scope.open("attention")) {
            if (direct(q, k, v, out) && q.dtype() == DType.BF16 && pairs(options, q, k) && TileForward.suits(kernels, options, q, v)) {
                new TileForward(kernels, convert, options, q, k, v, out, logSumExp).run();
            } else if (direct(q, k, v, out) && (q.dtype() == DType.F32 || pairs(options, q, k))) {
                new Forward(kernels, convert, options, q, k, v, out, logSumExp).run();
            } else {
                var result = BackwardPass.floats(out.shape());
                new Forward(kernels, convert, options, rows(q), rows(k), rows(v), result, logSumExp).run();
                convert(result, out);
            }
            return true;
        }
    }

    /** See {@link Backend#attentionGradient}; false if nothing was done. */
    public boolean backward(AttentionOptions options, View q, View k, View v, View out, View logSumExp, View g, View qGradient,
            View kGradient, View vGradient) {
        if (!covers(options, q, k, v, out) || options.blockTable() != null || q.shape()[3] == 0 || v.shape()[3] == 0) return false;
        try (var scratch = Scope.open("attention")) {
            View[] gradients = {qGradient, kGradient, vGradient};
            var floats = new View[3];
            for (int i = 0; i < 3; i++)
                floats[i] = gradients[i].dtype() == DType.F32 && gradients[i].strides()[3] == 1 ? gradients[i]
                        : BackwardPass.floats(gradients[i].shape());
            boolean asPairs = direct(q, k, v, out, g) && pairs(options, q, k) && v.shape()[3] % 2 == 0;
            var pass = asPairs ? new BackwardPass(kernels, convert, options, q, k, v, out, logSumExp, g, floats[0], floats[1], floats[2])
                    : new BackwardPass(kernels, convert, options, rows(q), rows(k), rows(v), rows(out), logSumExp, rows(g), floats[0],
                            floats[1], floats[2]);
            pass.run();
            for (int i = 0; i < 3; i++) if (floats[i] != gradients[i]) scale(floats[i], gradients[i], i < 2 ? pass.missingScale() : 1);
            return true;
        }
    }

    private static boolean covers(AttentionOptions options, View... operands) {
        for (var view : operands)
            if (view.dtype() == DType.F64 || !view.dtype().isFloat() || !view.storage().segment().isNative()) return false;
        var bias = options.bias();
        return bias == null || bias.dtype() == DType.F32 && bias.storage().segment().isNative();
    }

    private static boolean direct(View... operands) {
        for (var view : operands) if (view.strides()[3] != 1 || view.dtype() != operands[0].dtype()) return false;
        return true;
    }

    private boolean pairs(AttentionOptions options, View q, View k) {
        return kernels.pairs() && q.dtype() == DType.BF16 && options.scale() > 0 && q.shape()[3] % 2 == 0
                && (options.blockTable() == null || k.shape()[2] % 2 == 0);
    }

    /** The same values as F32 rows without gaps; itself if it is so. */
    private View rows(View view) {
        if (view.dtype() == DType.F32 && view.strides()[3] == 1) return view;
        var copy = BackwardPass.floats(view.shape());
        convert(view, copy);
        return copy;
    }

    private void convert(View from, View to) {
        if (View.size(from.shape()) == 0) return;
        var program = from.dtype() == to.dtype() ? Program.copy(from.dtype()) : Program.of(Op.CAST, to.dtype(), from.dtype());
        convert.run(program, new View[] {from}, new View[] {to});
    }

    /** {@code to = factor from}, rounded to the type of {@code to}. */
    private void scale(View from, View to, double factor) {
        if (factor == 1) {
            convert(from, to);
        } else if (View.size(from.shape()) > 0) {
            var p = new ProgramBuilder();
            int scaled = p.of(Op.MUL, DType.F32, p.load(DType.F32, 0), p.constant(DType.F32, factor));
            convert.run(p.build(p.of(Op.CAST, to.dtype(), scaled)), new View[] {from}, new View[] {to});
        }
    }
}
