package lyceum.backend.x86.machine;

import static lyceum.backend.x86.asm.Instruction.VADDPS;
import static lyceum.backend.x86.asm.Instruction.VMOVUPS;
import static lyceum.backend.x86.asm.Instruction.VMOVUPS_STORE;
import static lyceum.backend.x86.asm.Vec.ymm;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.EnumSet;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mem;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KernelTest {
    @BeforeEach void onlyWhereMachineCodeRuns() { Assumptions.assumeTrue(Cpu.unavailable() == null, () -> Cpu.unavailable()); }

    @Test void eightFloatsAreAdded() {
        var a = new Assembler(Cpu.current().features());
        a.emit(VMOVUPS, ymm(0), Mem.at(Gp.RDI));
        a.emit(VADDPS, ymm(0), ymm(0), Mem.at(Gp.RSI));
        a.emit(VMOVUPS_STORE, Mem.at(Gp.RDX), ymm(0));
        a.vzeroupper();
        a.ret();
        var kernel = CodeMemory.load("add", a.finish()).orElseThrow();
        try (var arena = Arena.ofConfined()) {
            var x = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3, 4, 5, 6, 7, 8);
            var y = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 10, 20, 30, 40, 50, 60, 70, 80);
            var r = arena.allocate(32);
            kernel.call(x.address(), y.address(), r.address(), 0, 0, 0);
            assertThat(r.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(11, 22, 33, 44, 55, 66, 77, 88);
            r.fill((byte) 0);
            kernel.callLong(x.address(), y.address(), r.address(), 0, 0, 0);
            assertThat(r.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(11, 22, 33, 44, 55, 66, 77, 88);
        }
    }

    /** Once the JIT has compiled the call, which it does at its leisure. */
    @Test void aCallAllocatesNothing() {
        var a = new Assembler(EnumSet.of(Feature.X86_64));
        a.ret();
        var kernel = CodeMemory.load("nothing", a.finish()).orElseThrow();
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int calls = 20_000;
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 1000 && least >= calls; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < calls; i++) {
                kernel.call(i, 1, 2, 3, 4, 5);
                kernel.callLong(i, 1, 2, 3, 4, 5);
                kernel.move(i, 1, 2, 3, 4, 5, 6);
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(least).isLessThan(calls);
    }

    @Test void codeIsFreedWhenItsKernelIsUnreachable() throws InterruptedException {
        for (int still = 0; still < 5;) { // what other tests have left goes first, on a busy machine at its leisure
            long held = CodeMemory.held();
            System.gc();
            Thread.sleep(50);
            still = CodeMemory.held() < held ? 0 : still + 1;
        }
        long before = CodeMemory.held();
        for (int i = 0; i < 100; i++) {
            var a = new Assembler(EnumSet.of(Feature.X86_64));
            a.ret();
            CodeMemory.load("nothing", a.finish()).orElseThrow().call(0);
        }
        assertThat(CodeMemory.held()).isGreaterThan(before);
        for (int i = 0; i < 200 && CodeMemory.held() > before; i++) {
            System.gc();
            Thread.sleep(5);
        }
        assertThat(CodeMemory.held()).isLessThanOrEqualTo(before);
    }

    @Test void aLevelHidesWhatCameLater() {
        var cpu = Cpu.current();
        assertThat(cpu.limitedTo("avx2").features()).doesNotContain(Feature.AVX512, Feature.VNNI, Feature.AMX_TILE).contains(Feature.AVX2,
                Feature.FMA);
        assertThat(cpu.limitedTo("avx512").features()).doesNotContain(Feature.VNNI, Feature.AVX512_BF16, Feature.AMX_TILE);
        assertThatThrownBy(() -> cpu.limitedTo("sse")).hasMessageContaining("avx2, avx512 or all");
        assertThat(cpu.l1()).isBetween(16L << 10, 1L << 20);
    }
}
