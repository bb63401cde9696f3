package lyceum.backend.x86.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.lang.foreign.Arena;
import java.util.List;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.Program.Instruction;
import lyceum.backend.ProgramBuilder;
import lyceum.backend.View;
import lyceum.backend.scalar.Elements;
import lyceum.backend.x86.attention.GuardedMemory;
import lyceum.backend.x86.machine.Cpu;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Nothing beyond an operand is read or written, at whichever end it meets a page that cannot be touched: a fault would end this JVM. */
class GuardPagesTest {
    @BeforeAll static void machineCodeRunsHere() { assumeThat(Cpu.unavailable()).isNull(); }

    private static View filled(Arena arena, DType type, boolean atEnd, long... shape) {
        var view = GuardedMemory.view(arena, type, atEnd, shape);
        for (long i = 0; i < view.size(); i++) Elements.set(type, view.storage().segment(), i * type.bytes(), (i % 7) * 0.5);
        return view;
    }

    /** {@code x - ROW_MAX x + (row of the same for all)}, and its whole with {@code ROW_SUM}: contiguous, repeated, and in rows. */
    private static Program program(DType type, boolean rows) {
        var p = new ProgramBuilder();
        int x = p.load(type, 0), y = p.load(type, 1);
        if (rows) {
            int exp = p.of(Op.EXP, type, p.of(Op.SUB, type, x, p.of(Op.ROW_MAX, type, x)));
            x = p.of(Op.MUL, type, exp, p.of(Op.ROW_SUM, type, exp));
        }
        return p.build(p.of(Op.ADD, type, x, y));
    }

    private static void run(FusedPrograms programs, DType type, boolean atEnd, boolean rows, int kind, long m, long n) {
        try (var arena = Arena.ofShared()) {
            View x = filled(arena, type, atEnd, m, n), out = GuardedMemory.view(arena, type, atEnd, m, n);
            var y = switch (kind) {
                case 0 -> filled(arena, type, atEnd, m, n);
                case 1 -> filled(arena, type, atEnd, m, 1).with(new long[] {m, n}, new long[] {1, 0});
                case 2 -> filled(arena, type, atEnd, n, m).with(new long[] {m, n}, new long[] {1, m});
                default -> {
                    var whole = filled(arena, type, atEnd, m, n);
                    yield new View(type, whole.storage(), n - 1, new long[] {m, n}, new long[] {n, -1});
                }
            };
            if (!programs.run(program(type, rows), new View[] {x, y}, new View[] {out})) return;
            for (long i = 0; i < out.size(); i++)
                assertThat(Elements.getDouble(type, out.storage().segment(), i * type.bytes())).isFinite();
        }
    }

    @Test void everyLengthStaysInsideItsOperands() {
        for (var level : new String[] {"avx2", "avx512", "all"}) {
            var programs = new FusedPrograms(Cpu.current().limitedTo(level));
            for (var type : new DType[] {DType.F32, DType.F64, DType.BF16, DType.F16, DType.I32, DType.I64, DType.U8, DType.I8})
                for (boolean atEnd : new boolean[] {false, true})
                    for (boolean rows : type.isFloat() ? new boolean[] {false, true} : new boolean[] {false})
                        for (int kind = 0; kind < 4; kind++)
                            for (long n : new long[] {1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 67, 127, 129})
                                for (long m : new long[] {1, 3}) run(programs, type, atEnd, rows, kind, m, n);
        }
    }

    @Test void sumsStayInsideTheirOperands() {
        for (var level : new String[] {"avx2", "all"}) {
            var reductions = new FusedReductions(new FusedPrograms(Cpu.current().limitedTo(level)));
            for (boolean atEnd : new boolean[] {false, true}) {
                for (long n : new long[] {1, 7, 8, 9, 33, 1025}) {
                    for (long m : new long[] {1, 2, 5, 300}) {
                        try (var arena = Arena.ofShared()) {
                            View x = filled(arena, DType.F32, atEnd, m, n), byRow = GuardedMemory.view(arena, DType.F32, atEnd, m),
                                    byColumn = GuardedMemory.view(arena, DType.F32, atEnd, n);
                            var load = new Program(List.of(Instruction.load(DType.F32, 0)), 0);
                            reductions.reduce(Backend.Reduction.SUM, load, new View[] {x}, new boolean[] {false, true}, byRow);
                            reductions.reduce(Backend.Reduction.SUM, load, new View[] {x}, new boolean[] {true, false}, byColumn);
                            assertThat(Elements.getDouble(DType.F32, byRow.storage().segment(), 0)).isFinite();
                        }
                    }
                }
            }
        }
    }
}
