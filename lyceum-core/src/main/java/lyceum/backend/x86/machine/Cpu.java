package lyceum.backend.x86.machine;

import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RBX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.asm.Mem;
import lyceum.memory.NativeCall;

/**
 * What this CPU and this system can execute, by CPUID and XGETBV (Intel 64 manual, volume 1, chapter 14), asked once.
 *
 * <p>{@code LYCEUM_CPU=avx2} or {@code avx512} (or {@code -Dlyceum.cpu}) hides what came later, so that every path a CPU has can be tested on it.
 *
 * @param name as the CPU gives it
 * @param features what may be used
 * @param l1 bytes of the first-level data cache, {@code l2} of the second, {@code l3} of the third
 */
public record Cpu(String name, Set<Feature> features, long l1, long l2, long l3) {

    /** The CPU, or why machine code cannot run here, or what is wrong with the setting. */
    private record Found(Cpu cpu, String reason, IllegalArgumentException wrong) {
        Found(Cpu cpu, String reason) { this(cpu, reason, null); }
    }

    private static final class Once {
        static final Found FOUND = find();
    }

    private static Found found() {
        var found = Once.FOUND;
        if (found.wrong != null) throw found.wrong;
        return found;
    }

    /** This machine's. @throws IllegalStateException where {@link #unavailable()} gives a reason */
    public static Cpu current() {
        var found = found();
        if (found.cpu == null) throw new IllegalStateException(found.reason);
        return found.cpu;
    }

    /** Why machine code cannot run here, or null if it can. @throws IllegalArgumentException if LYCEUM_CPU names no level */
    public static String unavailable() { return found().reason; }

    public boolean has(Feature feature) { return features.contains(feature); }

    /**
     * True for CPUs with so large a second-level cache that the third must be far, as behind the mesh of a server (Granite Rapids: 27 GB/s a core, reads and
     * writes together, against 135 from the second). There it pays to keep what is worked on in the second, and to ask for the rest early and evenly.
     */
    public boolean isFarFromMemory() { return l2 >= 2 << 20; }

    /** True for first-level data caches of 48 KB in twelve ways (Zen 5, Granite Rapids): there is room for lines asked for in advance, and for eight rows that meet in one set. */
    public boolean hasLargeFirstCache() { return l1 >= 48 << 10; }

    /** Bits of the widest vector. */
    public int vectorBits() { return has(Feature.AVX512) ? 512 : 256; }

    /** The most that is used: {@code avx2}, {@code avx512}, {@code vnni}, {@code avx512_bf16} or {@code amx}. */
    public String level() {
        return has(Feature.AMX_TILE) ? "amx"
                : has(Feature.AVX512_BF16) ? "avx512_bf16" : has(Feature.VNNI) ? "vnni" : has(Feature.AVX512) ? "avx512" : "avx2";
    }

    /** A CPU that has only what stands under {@code level}: for tests of older paths. @throws IllegalArgumentException if the level is unknown */
    public Cpu limitedTo(String level) {
        var kept = EnumSet.copyOf(features);
        switch (level) {
            case "all" -> {}
            case "avx512" -> kept.removeAll(EnumSet.range(Feature.AVX512_VBMI, Feature.AMX_INT8));
            case "avx2" -> kept.removeAll(EnumSet.range(Feature.AVX512, Feature.AMX_INT8));
            default -> throw new IllegalArgumentException("LYCEUM_CPU is \"" + level + "\"; it is avx2, avx512 or all");
        }
        return new Cpu(name, Set.copyOf(kept), l1, l2, l3);
    }

    private static Found find() {
        var system = System.getProperty("os.name");
        var architecture = System.getProperty("os.arch");
        if (!system.equals("Linux") || !architecture.equals("amd64"))
            return new Found(null, "machine code is made for Linux on x86-64, not for " + system + " on " + architecture);
        try {
            return detect();
        } catch (IllegalArgumentException e) {
            return new Found(null, null, e);
        } catch (RuntimeException | LinkageError refused) {
            var reason = refused.getCause() == null ? refused : refused.getCause();
            return new Found(null, "native access is refused (" + reason.getMessage() + "); add --enable-native-access=ALL-UNNAMED");
        }
    }

    private static Found detect() {
        try (var arena = Arena.ofConfined()) {
            var leaves = CpuidLeaves.open(arena);
            if (leaves == null) return new Found(null, "the system refuses executable memory (SELinux or seccomp)");
            var features = leaves.features();
            if (!features.containsAll(EnumSet.of(Feature.AVX2, Feature.FMA, Feature.F16C, Feature.BMI2)))
                return new Found(null, leaves.brand() + " has no AVX2 with FMA");
            var cpu = new Cpu(leaves.brand(), Set.copyOf(features), leaves.cache(1), leaves.cache(2), leaves.cache(3));
            var set = System.getProperty("lyceum.cpu", System.getenv("LYCEUM_CPU"));
            return new Found(set == null || set.isBlank() ? cpu : cpu.limitedTo(set.strip().toLowerCase(Locale.ROOT)), null);
        }
    }

    /** CPUID as a kernel, and what its leaves mean. */
    private record CpuidLeaves(Kernel cpuid, Kernel xgetbv, MemorySegment out) {

        static CpuidLeaves open(Arena arena) {
            var cpuid = new Assembler(EnumSet.of(Feature.X86_64), CodeMemory.isListed());
            cpuid.push(RBX);
            cpuid.mov(R8, RDX);
            cpuid.mov(RAX, RDI);
            cpuid.mov(RCX, RSI);
            cpuid.cpuid();
            cpuid.mov32(Mem.at(R8), RAX);
            cpuid.mov32(Mem.at(R8, 4), RBX);
            cpuid.mov32(Mem.at(R8, 8), RCX);
            cpuid.mov32(Mem.at(R8, 12), RDX);
            cpuid.pop(RBX);
            cpuid.ret();
            var xgetbv = new Assembler(EnumSet.of(Feature.X86_64), CodeMemory.isListed());
            xgetbv.mov(R8, RDI);
            xgetbv.mov(RCX, 0);
            xgetbv.xgetbv();
            xgetbv.mov32(Mem.at(R8), RAX);
            xgetbv.ret();
            var first = CodeMemory.load("cpuid", cpuid.finish());
            var second = CodeMemory.load("xgetbv", xgetbv.finish());
            return first.isEmpty() || second.isEmpty() ? null : new CpuidLeaves(first.get(), second.get(), arena.allocate(16, 64));
        }

        /** eax, ebx, ecx, edx. */
        int[] leaf(int leaf, int sub) {
            cpuid.call(leaf & 0xFFFFFFFFL, sub, out.address(), 0, 0, 0);
            var registers = new int[4];
            for (int i = 0; i < 4; i++) registers[i] = out.get(ValueLayout.JAVA_INT, 4L * i);
            return registers;
        }

        private static boolean bit(int word, int position) { return (word >>> position & 1) != 0; }

        EnumSet<Feature> features() {
            var features = EnumSet.of(Feature.X86_64);
            int[] one = leaf(1, 0);
            if (!bit(one[2], 27) || !bit(one[2], 28)) return features; // the system does not save vector registers
            xgetbv.call(out.address());
            int saved = out.get(ValueLayout.JAVA_INT, 0);
            if ((saved & 6) != 6) return features;
            int[] seven = leaf(7, 0), sevenOne = leaf(7, 1);
            features.add(Feature.AVX);
            if (bit(seven[1], 5)) features.add(Feature.AVX2);
            if (bit(one[2], 12)) features.add(Feature.FMA);
            if (bit(one[2], 29)) features.add(Feature.F16C);
            if (bit(seven[1], 8)) features.add(Feature.BMI2);
            boolean wide = (saved & 0xE0) == 0xE0 && bit(seven[1], 16) && bit(seven[1], 17) && bit(seven[1], 28) && bit(seven[1], 30)
                    && bit(seven[1], 31);
            if (!wide) return features;
            features.add(Feature.AVX512);
            if (bit(seven[2], 1)) features.add(Feature.AVX512_VBMI);
            if (bit(seven[2], 11)) features.add(Feature.VNNI);
            if (bit(sevenOne[0], 5)) features.add(Feature.AVX512_BF16);
            if (bit(seven[3], 23)) features.add(Feature.AVX512_FP16);
            boolean tiles = (saved & 0x60000) == 0x60000 && bit(seven[3], 24) && requestTiles();
            if (!tiles) return features;
            features.add(Feature.AMX_TILE);
            if (bit(seven[3], 22)) features.add(Feature.AMX_BF16);
            if (bit(seven[3], 25)) features.add(Feature.AMX_INT8);
            return features;
        }

        /** Asks the system for the tile registers, once for the process. */
        private static boolean requestTiles() {
            long archPrctl = 158, requestPermission = 0x1023, tileData = 18;
            return NativeCall.call(NativeCall.require("syscall"), archPrctl, requestPermission, tileData, 0, 0, 0) == 0;
        }

        String brand() {
            var text = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < 3; i++) for (int word : leaf(0x80000002 + i, 0)) text.putInt(word);
            return new String(text.array(), StandardCharsets.ISO_8859_1).replace("\0", "").strip();
        }

        /** Bytes of the data or unified cache of a level; a usual size where the CPU (or a hypervisor) does not tell. */
        long cache(int level) {
            boolean amd = leaf(0, 0)[2] == 0x444D4163; // "cAMD"
            for (int i = 0; i < 8; i++) {
                int[] r = leaf(amd ? 0x8000001D : 4, i);
                int type = r[0] & 31;
                if (type == 0) break;
                if (type != 2 && (r[0] >> 5 & 7) == level)
                    return ((r[1] >>> 22) + 1L) * ((r[1] >>> 12 & 0x3FF) + 1) * ((r[1] & 0xFFF) + 1) * (r[2] + 1L);
            }
            return level == 1 ? 32 << 10 : level == 2 ? 1 << 20 : 32 << 20;
        }
    }
}
