package lyceum.backend.x86.conv;

import java.lang.ref.Reference;
import java.util.EnumMap;
import java.util.function.BiFunction;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Epilogue;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.backend.WindowGeometry;
import lyceum.backend.WindowWeight;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.machine.Cpu;
import lyceum.memory.Allocator;

/**
 * Convolutions in machine code of F32 and F64; halves are summed in F32 and rounded once, BF16 by tiles where the CPU has them and the rest widened,
 * and operands with gaps are made dense. Each method
 * returns false, having done nothing, where no kernel covers the sizes.
 */
public final class MachineConvolution {
    private final KernelCache<Cpu> kernels;
    private final Backend backend;
    private final EnumMap<Element, TypedConvolution> typed = new EnumMap<>(Element.class);
    private final TileConvolution tiles;

    /** @param backend casts, and does the epilogues that no kernel can */
    public MachineConvolution(Cpu cpu, Backend backend) { this(new KernelCache<>(cpu), backend, TileConvolution::of); }

    /** @param tiles what convolves by tiles, or null */
    MachineConvolution(KernelCache<Cpu> kernels, Backend backend, BiFunction<KernelCache<Cpu>, Backend, TileConvolution> tiles) {
        this.kernels = kernels;
        this.backend = backend;
        this.tiles = tiles.apply(kernels, backend);
    }

    /** Made at the first convolution of the type. */
    private synchronized TypedConvolution of(DType type) {
        return typed.computeIfAbsent(type == DType.F64 ? Element.F64 : Element.F32,
                element -> new TypedConvolution(kernels, element, backend));
    }

    /** {@code y = epilogue(x * weight)}. @param packed the weight if it takes part in many convolutions, else null */
    public boolean forward(WindowGeometry g, View x, View weight, WindowWeight packed, Epilogue epilogue, View y) {
        if (tiles != null && tiles.suits(g, x, weight, y, packed != null) && of(y.dtype()).takes(g, x, weight, y)) {
            var ready = packed == null ? tiles.pack(weight) : packed.arranged(this, tiles::pack);
            tiles.forward(g, dense(x, x.dtype()), ready, epilogue, y);
            Reference.reachabilityFence(ready);
            return true;
        }
        var convolution = of(y.dtype());
        if (!convolution.takes(g, x, weight, y)) return false;
        var target = place(y);
        boolean apart = target != y; // then the epilogue takes what is rounded
        boolean done = convolution.forward(g, dense(x), dense(weight), apart ? Epilogue.NONE : epilogue, target);
        copy(target, y);
        if (apart || !done) epilogue.applyTo(y, backend);
        return true;
    }

    /** {@code x = epilogue(the gradient by x)}. */
    public boolean back(WindowGeometry g, View y, View weight, Epilogue epilogue, View x) {
        var convolution = of(x.dtype());
        if (!convolution.takes(g, x, weight, y)) return false;
        var target = place(x);
        boolean apart = target != x;
        boolean done = convolution.back(g, dense(y), dense(weight), apart ? Epilogue.NONE : epilogue, target);
        copy(target, x);
        if (apart || !done) epilogue.applyTo(x, backend);
        return true;
    }

    /** The gradient by the weight. */
    public boolean weight(WindowGeometry g, View x, View y, View weight) {
        var convolution = of(weight.dtype());
        if (!convolution.takes(g, x, weight, y)) return false;
        var target = place(weight);
        convolution.weight(g, dense(x), dense(y), target);
        copy(target, weight);
        return true;
    }

    /** The same elements in row-major order and the type that is computed in. */
    View dense(View view) { return dense(view, type(view.dtype())); }

    View dense(View view, DType type) {
        var dense = place(view, type);
        copy(view, dense);
        return dense;
    }

    /** Where to put the elements of {@code view}, in row-major order and the type that is computed in: there, if it is such. */
    View place(View view) { return place(view, type(view.dtype())); }

    static View place(View view, DType type) {
        if (view.isContiguous() && view.dtype() == type) return view;
        return new View(type, Allocator.allocate(view.size() * type.bytes()), 0, view.shape(), View.contiguousStrides(view.shape()));
    }

    /** What is computed in. */
    static DType type(DType type) { return type == DType.F64 ? DType.F64 : DType.F32; }

    void copy(View from, View to) {
        if (from != to) backend.run(Program.of(Op.CAST, to.dtype(), from.dtype()), new View[] {from}, new View[] {to});
    }
}
