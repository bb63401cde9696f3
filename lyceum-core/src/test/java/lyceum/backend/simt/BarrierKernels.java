package lyceum.backend.simt;

import static lyceum.backend.simt.Type.F32;
import static lyceum.backend.simt.Type.I32;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/** Ten kernels that need each of their barriers, with launches small enough to try. */
final class BarrierKernels {
    /** A launch of a kernel, or of the kernel without one of its barriers. */
    interface Run {
        Report with(Kernel kernel);
    }

    record Case(Kernel kernel, Run run) {}

    private static final int THREADS = 64;

    private BarrierKernels() {}

    static Map<String, Case> ten() {
        var ten = new LinkedHashMap<String, Case>();
        Buffer x = ramp(200), y = Buffer.floats(256), one = Buffer.floats(1), square = ramp(64 * 64), other = ramp(64 * 64);
        ten.put("sum", of(Kernels.sum(THREADS), 2, x, one, 200));
        ten.put("scan", of(Kernels.scan(THREADS), 1, x, y, 200));
        ten.put("transpose", new Case(Kernels.tiledTranspose(1),
                k -> new Simt().launch(k, new Dim(2, 2), new Dim(32, 32), square, Buffer.floats(64 * 64), 64, 64)));
        ten.put("matmul", new Case(Kernels.matmul(8),
                k -> new Simt().launch(k, new Dim(2, 2), new Dim(8, 8), square, other, Buffer.floats(256), 16, 16, 24)));
        ten.put("softmax", of(Kernels.softmax(THREADS), 2, x, y, 100));
        ten.put("reverse", of(reverse(), 2, x, y));
        ten.put("stencil", of(stencil(), 3, x, y, 190));
        ten.put("histogram", of(histogram(), 2, Buffer.of(IntStream.range(0, 200).map(i -> i * 7 % 16).toArray()), Buffer.ints(16), 200));
        ten.put("bitonic sort", of(bitonicSort(), 1, Buffer.of(values(THREADS))));
        ten.put("standardize", of(standardize(), 2, x, y));
        return ten;
    }

    private static Case of(Kernel kernel, int blocks, Object... arguments) {
        return new Case(kernel, k -> new Simt().launch(k, new Dim(blocks), new Dim(THREADS), arguments));
    }

    private static float[] values(int n) {
        var values = new float[n];
        for (int i = 0; i < n; i++) values[i] = i * 37 % 101;
        return values;
    }

    private static Buffer ramp(int n) { return Buffer.of(values(n)); }

    private static Kernel reverse() {
        return Kernel.of("reverse", k -> {
            Pointer x = k.global("x", F32), y = k.global("y", F32), s = k.shared("s", F32, THREADS);
            s.store(k.threadX(), x.load(k.globalX()));
            k.barrier();
            y.store(k.globalX(), s.load(k.constant(I32, THREADS - 1).sub(k.threadX())));
        });
    }

    /** The mean of three neighbours, with one word more on each side. */
    private static Kernel stencil() {
        return Kernel.of("stencil", k -> {
            Pointer x = k.global("x", F32), y = k.global("y", F32), s = k.shared("s", F32, THREADS + 2);
            Value n = k.scalar("n", I32), t = k.threadX(), i = k.globalX(), last = n.sub(1), zero = k.constant(I32, 0);
            s.store(t.add(1), x.load(i.min(last)));
            k.when(t.eq(0), () -> s.store(zero, x.load(i.sub(1).max(zero).min(last))));
            k.when(t.eq(THREADS - 1), () -> s.store(t.add(2), x.load(i.add(1).min(last))));
            k.barrier();
            k.when(i.lt(n), () -> y.store(i, s.load(t).add(s.load(t.add(1))).add(s.load(t.add(2))).div(3)));
        });
    }

    /** Counts in shared memory first, so that blocks meet in global memory once a bin. */
    private static Kernel histogram() {
        return Kernel.of("histogram", k -> {
            Pointer x = k.global("x", I32), bins = k.global("bins", I32), s = k.shared("s", I32, 16);
            Value n = k.scalar("n", I32), t = k.threadX();
            k.when(t.lt(16), () -> s.store(t, k.constant(I32, 0)));
            k.barrier();
            k.loop(k.globalX(), n, k.blockSizeX().mul(k.gridSizeX()), i -> s.atomicAdd(x.load(i), k.constant(I32, 1)));
            k.barrier();
            k.when(t.lt(16), () -> bins.atomicAdd(t, s.load(t)));
        });
    }

    private static Kernel bitonicSort() {
        return Kernel.of("bitonicSort", k -> {
            Pointer x = k.global("x", F32), s = k.shared("s", F32, THREADS);
            var t = k.threadX();
            s.store(t, x.load(t));
            k.barrier();
            for (int size = 2; size <= THREADS; size *= 2) {
                for (int reach = size / 2; reach > 0; reach /= 2) {
                    Value partner = t.xor(k.constant(I32, reach)), upwards = t.and(k.constant(I32, size)).eq(0);
                    k.when(partner.gt(t), () -> {
                        Value a = s.load(t), b = s.load(partner), swap = upwards.select(b.lt(a), a.lt(b));
                        s.store(t, swap.select(b, a));
                        s.store(partner, swap.select(a, b));
                    });
                    k.barrier();
                }
            }
            x.store(t, s.load(t));
        });
    }

    /** A block's values less their mean, by sums of warps that meet in shared memory. */
    private static Kernel standardize() {
        return Kernel.of("standardize", k -> {
            Pointer x = k.global("x", F32), y = k.global("y", F32), s = k.shared("s", F32, THREADS / 32);
            Value t = k.threadX(), mine = x.load(k.globalX());
            var sum = k.variable(mine);
            for (int by = 16; by > 0; by /= 2) sum.set(sum.add(sum.shuffleXor(by)));
            k.when(t.mod(32).eq(0), () -> s.store(t.div(32), sum));
            k.barrier();
            var mean = s.load(k.constant(I32, 0)).add(s.load(k.constant(I32, 1))).div(THREADS);
            y.store(k.globalX(), mine.sub(mean));
        });
    }
}
