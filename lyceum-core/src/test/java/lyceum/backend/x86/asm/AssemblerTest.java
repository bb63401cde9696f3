package lyceum.backend.x86.asm;

import static lyceum.backend.x86.asm.Vec.zmm;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class AssemblerTest {
    /** Every instruction with random operands, its listing and the bytes that GNU as makes of it: {@code tools/golden/assembler.sh}. */
    @Test void writesTheBytesOfGnuAsForEveryInstruction() throws IOException {
        String[] golden;
        try (var in = AssemblerTest.class.getResourceAsStream("/golden/assembler.txt")) {
            golden = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().skip(1).toArray(String[]::new);
        }
        var lines = new RandomOperands(1).lines();
        assertThat(lines).hasSameSizeAs(golden);
        for (int i = 0; i < golden.length; i++)
            assertThat(lines.get(i).text() + " | " + HexFormat.of().formatHex(lines.get(i).bytes())).isEqualTo(golden[i]);
    }

    /** No operand says that 512 bits are meant but the memory, whose width follows from the register. Bytes of GNU as. */
    @Test void memoryIsNarrowedIntoALowRegisterFromAllItsBits() {
        var a = new Assembler(EnumSet.allOf(Feature.class));
        for (var in : new Instruction[] {Instruction.VCVTTPD2DQ, Instruction.VCVTPD2PS, Instruction.VCVTPD2DQ})
            a.emit(in, Vec.ymm(1), Mem.at(Gp.RSP));
        assertThat(HexFormat.of().formatHex(a.finish().bytes())).isEqualTo("62f1fd48e60c24" + "62f1fd485a0c24" + "62f1ff48e60c24");
    }

    @Test void refusesWhatTheCpuLacks() {
        var a = new Assembler(EnumSet.of(Feature.AVX, Feature.AVX2, Feature.FMA));
        a.emit(Instruction.VADDPS, Vec.ymm(0), Vec.ymm(1), Vec.ymm(2));
        assertThatThrownBy(() -> a.emit(Instruction.VPTERNLOGD, 3, zmm(0), zmm(1), zmm(2))).hasMessageContaining("vpternlogd needs AVX512");
        assertThatThrownBy(() -> a.emit(Instruction.VADDPS, zmm(0), zmm(1), zmm(2))).hasMessageContaining("vaddps needs AVX512");
        assertThatThrownBy(() -> a.emit(Instruction.VPSLLD, 3, Vec.ymm(0), Mem.at(Gp.RAX))).hasMessageContaining("vpslld needs AVX512");
    }

    @Test void refusesRegistersThatAnEncodingCannotName() {
        var a = new Assembler(EnumSet.allOf(Feature.class));
        assertThatThrownBy(() -> a.emit(Instruction.VEXTRACTF128, 1, Vec.xmm(16), Vec.ymm(2)))
                .hasMessage("vextractf128 does not reach xmm16: its encoding has 16 registers");
    }

    @Test void jumpsReachTheirLabelsBothWays() {
        var a = new Assembler(EnumSet.of(Feature.X86_64));
        var end = a.label();
        var loop = a.bind(a.label());
        a.jump(Condition.E, end);
        a.jump(loop);
        a.bind(end);
        a.ret();
        assertThat(HexFormat.of().formatHex(a.finish().bytes())).isEqualTo("0f8402000000" + "ebf8" + "c3");
    }

    /** Bytes of GNU as. */
    @Test void everyConditionCallsAndAlignmentsAreEncoded() {
        var a = new Assembler(EnumSet.of(Feature.X86_64));
        var start = a.bind(a.label());
        var end = a.label();
        for (var condition : Condition.values()) a.jump(condition, start);
        a.call(start);
        a.call(end);
        a.align(8);
        a.bind(end);
        a.ret();
        assertThat(HexFormat.of().formatHex(a.finish().bytes()))
                .isEqualTo("72fe73fc74fa75f876f677f478f279f07cee7dec7eea7fe8" + "e8e3ffffff" + "e806000000" + "0f1f4000" + "6690" + "c3");
    }

    @Test void constantsStandOnceBehindTheCodeAndAligned() {
        var a = new Assembler(EnumSet.allOf(Feature.class));
        a.emit(Instruction.VBROADCASTSS, zmm(1), a.constant(1.5f));
        a.emit(Instruction.VBROADCASTSS, zmm(2), a.constant(1.5f));
        a.ret();
        var bytes = a.finish().bytes();
        assertThat(bytes).hasSize(10 + 10 + 1 + 3 + 4);
        assertThat(HexFormat.of().formatHex(bytes))
                .isEqualTo("62f27d48180d0e000000" + "62f27d48181504000000" + "c3" + "0f1f00" + "0000c03f");
    }

    @Test void anUnboundLabelIsNamed() {
        var a = new Assembler(EnumSet.of(Feature.X86_64));
        a.jump(a.label());
        assertThatThrownBy(a::finish).hasMessageContaining("L0");
    }
}
