package lyceum.backend.x86.fuse;

import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.backend.code.Geometry;

/**
 * The short way into a kernel, for a few elements in a single run: what was found out about a program is attached to it, so that a call only looks
 * at its operands' strides and writes their addresses.
 *
 * @param owner whose code it is
 * @param kinds of the operands, two bits each
 */
record SmallCall(FusedPrograms owner, long kinds, Compiled compiled, SmallCall next) {
    private static final long MOST = 1 << 14;
    private static final int VARIANTS = 8;

    /** Runs if a way is known for operands like these; false if not. */
    static boolean run(FusedPrograms owner, Program program, View[] inputs, View[] outputs) {
        if (!(program.attachment() instanceof SmallCall first)) return false;
        long size = outputs[0].size();
        if (size == 0 || size > MOST) return false;
        long kinds = kinds(inputs, outputs, size);
        for (var call = first; kinds >= 0 && call != null; call = call.next) {
            if (call.kinds != kinds || call.owner != owner) continue;
            return call.run(program, inputs, outputs, size);
        }
        return false;
    }

    /** Attaches the way to the program, if its operands are simple. */
    static void learn(FusedPrograms owner, Program program, View[] inputs, View[] outputs, Compiled compiled) {
        if (program.isRowProgram()) return;
        long kinds = kinds(inputs, outputs, outputs[0].size());
        var before = program.attachment() instanceof SmallCall first ? first : null;
        int known = 0;
        for (var call = before; call != null; call = call.next) known++;
        if (kinds >= 0 && known < VARIANTS) program.attach(new SmallCall(owner, kinds, compiled, before));
    }

    /** Two bits an operand; -1 if one is neither one run of elements nor one element for all. */
    private static long kinds(View[] inputs, View[] outputs, long size) {
        if (inputs.length + outputs.length > 31) return -1;
        long kinds = 1;
        for (var view : inputs) {
            int kind = kind(view, size);
            if (kind < 0) return -1;
            kinds = kinds << 2 | kind;
        }
        for (var view : outputs) {
            if (kind(view, size) != Geometry.CONTIGUOUS) return -1;
            kinds <<= 2;
        }
        return kinds;
    }

    private static int kind(View view, long size) {
        if (size == 1 || view.isContiguous()) return Geometry.CONTIGUOUS;
        for (int i = 0; i < view.strides().length; i++) if (view.strides()[i] != 0 && view.shape()[i] != 1) return -1;
        return Geometry.ONE;
    }

    private boolean run(Program program, View[] inputs, View[] outputs, long size) {
        for (var view : inputs) if (!Geometry.isAddressable(view)) return false;
        for (var view : outputs) if (!Geometry.isAddressable(view)) return false;
        var scratch = Scratch.get();
        var block = scratch.block;
        ArgumentBlock.COUNT.set(block, size);
        ArgumentBlock.NUMBER.set(block, 0);
        long at = 0;
        for (var view : inputs) {
            ArgumentBlock.ADDRESS.set(block, at, view.address());
            at += ArgumentBlock.OPERAND_BYTES;
        }
        for (var view : outputs) {
            ArgumentBlock.ADDRESS.set(block, at, view.address());
            at += ArgumentBlock.OPERAND_BYTES;
        }
        compiled.block().write(program, block);
        if (compiled.nanos(size) < FusedPrograms.SHORT) compiled.kernel().call(block.address());
        else compiled.kernel().callLong(block.address());
        return true;
    }
}
