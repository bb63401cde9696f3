package lyceum.backend.x86.asm;

import static lyceum.backend.x86.asm.Feature.AMX_BF16;
import static lyceum.backend.x86.asm.Feature.AMX_INT8;
import static lyceum.backend.x86.asm.Feature.AMX_TILE;
import static lyceum.backend.x86.asm.Feature.AVX;
import static lyceum.backend.x86.asm.Feature.AVX2;
import static lyceum.backend.x86.asm.Feature.AVX512;
import static lyceum.backend.x86.asm.Feature.AVX512_VBMI;
import static lyceum.backend.x86.asm.Feature.F16C;
import static lyceum.backend.x86.asm.Feature.FMA;
import static lyceum.backend.x86.asm.Feature.VNNI;
import static lyceum.backend.x86.asm.Instruction.Form.MR;
import static lyceum.backend.x86.asm.Instruction.Form.RM;
import static lyceum.backend.x86.asm.Instruction.Form.RMV;
import static lyceum.backend.x86.asm.Instruction.Form.RVM;
import static lyceum.backend.x86.asm.Instruction.Form.RVMR;
import static lyceum.backend.x86.asm.Instruction.Form.VM;
import static lyceum.backend.x86.asm.Instruction.Space.ANY;
import static lyceum.backend.x86.asm.Instruction.Space.EVEX;
import static lyceum.backend.x86.asm.Instruction.Space.VEX;
import static lyceum.backend.x86.asm.Instruction.Tuple.EIGHTH;
import static lyceum.backend.x86.asm.Instruction.Tuple.FULL;
import static lyceum.backend.x86.asm.Instruction.Tuple.HALF;
import static lyceum.backend.x86.asm.Instruction.Tuple.ONE;
import static lyceum.backend.x86.asm.Instruction.Tuple.PART16;
import static lyceum.backend.x86.asm.Instruction.Tuple.PART32;
import static lyceum.backend.x86.asm.Instruction.Tuple.QUARTER;

import java.util.Locale;

/**
 * The vector, mask and tile instructions: a row each, from the Intel 64 manual. Columns: where it is encoded, which operand goes into which
 * field, prefix (0 none, 1 66, 2 F3, 3 F2), opcode map (1 0F, 2 0F38, 3 0F3A), opcode, W (2 is 0 in VEX and 1 in EVEX), how much memory an
 * operand covers, bytes of an element, and the feature that brings it (with AVX512 beside it where the EVEX form is taken).
 */
public enum Instruction {
    // Moves.
    VMOVUPS(ANY, RM, 0, 1, 0x10, 0, FULL, 4, AVX), VMOVUPS_STORE(ANY, MR, 0, 1, 0x11, 0, FULL, 4, AVX),
    VMOVUPD(ANY, RM, 1, 1, 0x10, 2, FULL, 8, AVX), VMOVUPD_STORE(ANY, MR, 1, 1, 0x11, 2, FULL, 8, AVX),
    VMOVAPS(ANY, RM, 0, 1, 0x28, 0, FULL, 4, AVX), VMOVAPS_STORE(ANY, MR, 0, 1, 0x29, 0, FULL, 4, AVX),
    VMOVNTPS(ANY, MR, 0, 1, 0x2B, 0, FULL, 4, AVX), VMOVDQU(VEX, RM, 2, 1, 0x6F, 0, FULL, 4, AVX),
    VMOVDQU_STORE(VEX, MR, 2, 1, 0x7F, 0, FULL, 4, AVX), VMOVDQU8(EVEX, RM, 3, 1, 0x6F, 0, FULL, 1, AVX512),
    VMOVDQU8_STORE(EVEX, MR, 3, 1, 0x7F, 0, FULL, 1, AVX512), VMOVDQU16(EVEX, RM, 3, 1, 0x6F, 1, FULL, 2, AVX512),
    VMOVDQU16_STORE(EVEX, MR, 3, 1, 0x7F, 1, FULL, 2, AVX512), VMOVDQU32(EVEX, RM, 2, 1, 0x6F, 0, FULL, 4, AVX512),
    VMOVDQU32_STORE(EVEX, MR, 2, 1, 0x7F, 0, FULL, 4, AVX512), VMOVDQU64(EVEX, RM, 2, 1, 0x6F, 1, FULL, 8, AVX512),
    VMOVDQU64_STORE(EVEX, MR, 2, 1, 0x7F, 1, FULL, 8, AVX512), VMOVSS(ANY, RM, 2, 1, 0x10, 0, ONE, 4, AVX),
    VMOVSS_STORE(ANY, MR, 2, 1, 0x11, 0, ONE, 4, AVX), VMOVSD(ANY, RM, 3, 1, 0x10, 2, ONE, 8, AVX),
    VMOVSD_STORE(ANY, MR, 3, 1, 0x11, 2, ONE, 8, AVX), VMOVD(ANY, RM, 1, 1, 0x6E, 0, ONE, 4, AVX),
    VMOVD_STORE(ANY, MR, 1, 1, 0x7E, 0, ONE, 4, AVX), VMOVQ(ANY, RM, 2, 1, 0x7E, 2, ONE, 8, AVX),
    VMOVQ_STORE(ANY, MR, 1, 1, 0xD6, 2, ONE, 8, AVX), VMOVQ_FROM(ANY, RM, 1, 1, 0x6E, 1, ONE, 8, AVX),
    VMOVQ_TO(ANY, MR, 1, 1, 0x7E, 1, ONE, 8, AVX), VMASKMOVPS(VEX, RVM, 1, 2, 0x2C, 0, FULL, 4, AVX),
    VMASKMOVPS_STORE(VEX, Form.MVR, 1, 2, 0x2E, 0, FULL, 4, AVX), VMASKMOVPD(VEX, RVM, 1, 2, 0x2D, 0, FULL, 8, AVX),
    VMASKMOVPD_STORE(VEX, Form.MVR, 1, 2, 0x2F, 0, FULL, 8, AVX), VPMASKMOVD(VEX, RVM, 1, 2, 0x8C, 0, FULL, 4, AVX2),
    VPMASKMOVD_STORE(VEX, Form.MVR, 1, 2, 0x8E, 0, FULL, 4, AVX2), VBROADCASTSS(ANY, RM, 1, 2, 0x18, 0, ONE, 4, AVX2),
    VBROADCASTSD(ANY, RM, 1, 2, 0x19, 2, ONE, 8, AVX2), VBROADCASTF128(VEX, RM, 1, 2, 0x1A, 0, PART16, 4, AVX),
    VBROADCASTF32X4(EVEX, RM, 1, 2, 0x1A, 0, PART16, 4, AVX512), VPBROADCASTB(ANY, RM, 1, 2, 0x78, 0, ONE, 1, AVX2),
    VPBROADCASTW(ANY, RM, 1, 2, 0x79, 0, ONE, 2, AVX2), VPBROADCASTD(ANY, RM, 1, 2, 0x58, 0, ONE, 4, AVX2),
    VPBROADCASTQ(ANY, RM, 1, 2, 0x59, 2, ONE, 8, AVX2), VPBROADCASTD_GP(EVEX, RM, 1, 2, 0x7C, 0, ONE, 4, AVX512),
    VPBROADCASTQ_GP(EVEX, RM, 1, 2, 0x7C, 1, ONE, 8, AVX512), VGATHERDPS(ANY, RMV, 1, 2, 0x92, 0, ONE, 4, AVX2),
    VGATHERDPD(ANY, RMV, 1, 2, 0x92, 1, ONE, 8, AVX2), VPGATHERDD(ANY, RMV, 1, 2, 0x90, 0, ONE, 4, AVX2),
    VSCATTERDPS(EVEX, MR, 1, 2, 0xA2, 0, ONE, 4, AVX512), VCOMPRESSPS(EVEX, MR, 1, 2, 0x8A, 0, ONE, 4, AVX512),
    VEXPANDPS(EVEX, RM, 1, 2, 0x88, 0, ONE, 4, AVX512),

    // Arithmetic of floats.
    VADDPS(ANY, RVM, 0, 1, 0x58, 0, FULL, 4, AVX), VADDPD(ANY, RVM, 1, 1, 0x58, 2, FULL, 8, AVX),
    VSUBPS(ANY, RVM, 0, 1, 0x5C, 0, FULL, 4, AVX), VSUBPD(ANY, RVM, 1, 1, 0x5C, 2, FULL, 8, AVX),
    VMULPS(ANY, RVM, 0, 1, 0x59, 0, FULL, 4, AVX), VMULPD(ANY, RVM, 1, 1, 0x59, 2, FULL, 8, AVX),
    VDIVPS(ANY, RVM, 0, 1, 0x5E, 0, FULL, 4, AVX), VDIVPD(ANY, RVM, 1, 1, 0x5E, 2, FULL, 8, AVX),
    VMINPS(ANY, RVM, 0, 1, 0x5D, 0, FULL, 4, AVX), VMINPD(ANY, RVM, 1, 1, 0x5D, 2, FULL, 8, AVX),
    VMAXPS(ANY, RVM, 0, 1, 0x5F, 0, FULL, 4, AVX), VMAXPD(ANY, RVM, 1, 1, 0x5F, 2, FULL, 8, AVX),
    VSQRTPS(ANY, RM, 0, 1, 0x51, 0, FULL, 4, AVX), VSQRTPD(ANY, RM, 1, 1, 0x51, 2, FULL, 8, AVX),
    VANDPS(ANY, RVM, 0, 1, 0x54, 0, FULL, 4, AVX), VANDPD(ANY, RVM, 1, 1, 0x54, 2, FULL, 8, AVX),
    VANDNPS(ANY, RVM, 0, 1, 0x55, 0, FULL, 4, AVX), VANDNPD(ANY, RVM, 1, 1, 0x55, 2, FULL, 8, AVX),
    VORPS(ANY, RVM, 0, 1, 0x56, 0, FULL, 4, AVX), VORPD(ANY, RVM, 1, 1, 0x56, 2, FULL, 8, AVX),
    VXORPS(ANY, RVM, 0, 1, 0x57, 0, FULL, 4, AVX), VXORPD(ANY, RVM, 1, 1, 0x57, 2, FULL, 8, AVX),
    VADDSS(ANY, RVM, 2, 1, 0x58, 0, ONE, 4, AVX), VADDSD(ANY, RVM, 3, 1, 0x58, 2, ONE, 8, AVX),
    VSUBSS(ANY, RVM, 2, 1, 0x5C, 0, ONE, 4, AVX), VSUBSD(ANY, RVM, 3, 1, 0x5C, 2, ONE, 8, AVX),
    VMULSS(ANY, RVM, 2, 1, 0x59, 0, ONE, 4, AVX), VMULSD(ANY, RVM, 3, 1, 0x59, 2, ONE, 8, AVX),
    VDIVSS(ANY, RVM, 2, 1, 0x5E, 0, ONE, 4, AVX), VDIVSD(ANY, RVM, 3, 1, 0x5E, 2, ONE, 8, AVX),
    VMINSS(ANY, RVM, 2, 1, 0x5D, 0, ONE, 4, AVX), VMAXSS(ANY, RVM, 2, 1, 0x5F, 0, ONE, 4, AVX),
    VMINSD(ANY, RVM, 3, 1, 0x5D, 2, ONE, 8, AVX), VMAXSD(ANY, RVM, 3, 1, 0x5F, 2, ONE, 8, AVX),
    VSQRTSS(ANY, RVM, 2, 1, 0x51, 0, ONE, 4, AVX), VSQRTSD(ANY, RVM, 3, 1, 0x51, 2, ONE, 8, AVX),
    VFMADD132PS(ANY, RVM, 1, 2, 0x98, 0, FULL, 4, FMA), VFMADD132PD(ANY, RVM, 1, 2, 0x98, 1, FULL, 8, FMA),
    VFMADD213PS(ANY, RVM, 1, 2, 0xA8, 0, FULL, 4, FMA), VFMADD213PD(ANY, RVM, 1, 2, 0xA8, 1, FULL, 8, FMA),
    VFMADD231PS(ANY, RVM, 1, 2, 0xB8, 0, FULL, 4, FMA), VFMADD231PD(ANY, RVM, 1, 2, 0xB8, 1, FULL, 8, FMA),
    VFMSUB213PS(ANY, RVM, 1, 2, 0xAA, 0, FULL, 4, FMA), VFMSUB213PD(ANY, RVM, 1, 2, 0xAA, 1, FULL, 8, FMA),
    VFMSUB231PS(ANY, RVM, 1, 2, 0xBA, 0, FULL, 4, FMA), VFMSUB231PD(ANY, RVM, 1, 2, 0xBA, 1, FULL, 8, FMA),
    VFNMADD213PS(ANY, RVM, 1, 2, 0xAC, 0, FULL, 4, FMA), VFNMADD213PD(ANY, RVM, 1, 2, 0xAC, 1, FULL, 8, FMA),
    VFNMADD231PS(ANY, RVM, 1, 2, 0xBC, 0, FULL, 4, FMA), VFNMADD231PD(ANY, RVM, 1, 2, 0xBC, 1, FULL, 8, FMA),
    VFMADD231SS(ANY, RVM, 1, 2, 0xB9, 0, ONE, 4, FMA), VFMADD231SD(ANY, RVM, 1, 2, 0xB9, 1, ONE, 8, FMA),
    VROUNDPS(VEX, RM, 1, 3, 0x08, 0, FULL, 4, AVX, true), VROUNDPD(VEX, RM, 1, 3, 0x09, 0, FULL, 8, AVX, true),
    VRNDSCALEPS(EVEX, RM, 1, 3, 0x08, 0, FULL, 4, AVX512, true), VRNDSCALEPD(EVEX, RM, 1, 3, 0x09, 1, FULL, 8, AVX512, true),
    VREDUCEPS(EVEX, RM, 1, 3, 0x56, 0, FULL, 4, AVX512, true), VSCALEFPS(EVEX, RVM, 1, 2, 0x2C, 0, FULL, 4, AVX512),
    VSCALEFPD(EVEX, RVM, 1, 2, 0x2C, 1, FULL, 8, AVX512), VGETEXPPS(EVEX, RM, 1, 2, 0x42, 0, FULL, 4, AVX512),
    VGETEXPPD(EVEX, RM, 1, 2, 0x42, 1, FULL, 8, AVX512), VGETMANTPS(EVEX, RM, 1, 3, 0x26, 0, FULL, 4, AVX512, true),
    VGETMANTPD(EVEX, RM, 1, 3, 0x26, 1, FULL, 8, AVX512, true), VRCP14PS(EVEX, RM, 1, 2, 0x4C, 0, FULL, 4, AVX512),
    VRSQRT14PS(EVEX, RM, 1, 2, 0x4E, 0, FULL, 4, AVX512), VDPBF16PS(EVEX, RVM, 2, 2, 0x52, 0, FULL, 4, Feature.AVX512_BF16),

    // Conversions.
    VCVTPS2PD(ANY, RM, 0, 1, 0x5A, 0, HALF, 4, AVX), VCVTPD2PS(ANY, RM, 1, 1, 0x5A, 2, FULL, 8, AVX),
    VCVTSS2SD(ANY, RVM, 2, 1, 0x5A, 0, ONE, 4, AVX), VCVTSD2SS(ANY, RVM, 3, 1, 0x5A, 2, ONE, 8, AVX),
    VCVTDQ2PS(ANY, RM, 0, 1, 0x5B, 0, FULL, 4, AVX), VCVTPS2DQ(ANY, RM, 1, 1, 0x5B, 0, FULL, 4, AVX),
    VCVTTPS2DQ(ANY, RM, 2, 1, 0x5B, 0, FULL, 4, AVX), VCVTDQ2PD(ANY, RM, 2, 1, 0xE6, 0, HALF, 4, AVX),
    VCVTPD2DQ(ANY, RM, 3, 1, 0xE6, 2, FULL, 8, AVX), VCVTTPD2DQ(ANY, RM, 1, 1, 0xE6, 2, FULL, 8, AVX),
    VCVTQQ2PD(EVEX, RM, 2, 1, 0xE6, 1, FULL, 8, AVX512), VCVTQQ2PS(EVEX, RM, 0, 1, 0x5B, 1, FULL, 8, AVX512),
    VCVTPD2QQ(EVEX, RM, 1, 1, 0x7B, 1, FULL, 8, AVX512), VCVTTPD2QQ(EVEX, RM, 1, 1, 0x7A, 1, FULL, 8, AVX512),
    VCVTTPS2QQ(EVEX, RM, 1, 1, 0x7A, 0, HALF, 4, AVX512), VCVTUDQ2PS(EVEX, RM, 3, 1, 0x7A, 0, FULL, 4, AVX512),
    VCVTUQQ2PD(EVEX, RM, 2, 1, 0x7A, 1, FULL, 8, AVX512), VCVTPH2PS(ANY, RM, 1, 2, 0x13, 0, HALF, 2, F16C),
    VCVTPS2PH(ANY, MR, 1, 3, 0x1D, 0, HALF, 2, F16C, true), VCVTNEPS2BF16(EVEX, RM, 2, 2, 0x72, 0, FULL, 4, Feature.AVX512_BF16),
    VCVTNE2PS2BF16(EVEX, RVM, 3, 2, 0x72, 0, FULL, 4, Feature.AVX512_BF16), VPMOVZXBW(ANY, RM, 1, 2, 0x30, 0, HALF, 1, AVX2),
    VPMOVZXBD(ANY, RM, 1, 2, 0x31, 0, QUARTER, 1, AVX2), VPMOVZXBQ(ANY, RM, 1, 2, 0x32, 0, EIGHTH, 1, AVX2),
    VPMOVZXWD(ANY, RM, 1, 2, 0x33, 0, HALF, 2, AVX2), VPMOVZXWQ(ANY, RM, 1, 2, 0x34, 0, QUARTER, 2, AVX2),
    VPMOVZXDQ(ANY, RM, 1, 2, 0x35, 0, HALF, 4, AVX2), VPMOVSXBW(ANY, RM, 1, 2, 0x20, 0, HALF, 1, AVX2),
    VPMOVSXBD(ANY, RM, 1, 2, 0x21, 0, QUARTER, 1, AVX2), VPMOVSXBQ(ANY, RM, 1, 2, 0x22, 0, EIGHTH, 1, AVX2),
    VPMOVSXWD(ANY, RM, 1, 2, 0x23, 0, HALF, 2, AVX2), VPMOVSXWQ(ANY, RM, 1, 2, 0x24, 0, QUARTER, 2, AVX2),
    VPMOVSXDQ(ANY, RM, 1, 2, 0x25, 0, HALF, 4, AVX2), VPMOVDB(EVEX, MR, 2, 2, 0x31, 0, QUARTER, 1, AVX512),
    VPMOVDW(EVEX, MR, 2, 2, 0x33, 0, HALF, 2, AVX512), VPMOVWB(EVEX, MR, 2, 2, 0x30, 0, HALF, 1, AVX512),
    VPMOVQB(EVEX, MR, 2, 2, 0x32, 0, EIGHTH, 1, AVX512), VPMOVQD(EVEX, MR, 2, 2, 0x35, 0, HALF, 4, AVX512),
    VPMOVSDB(EVEX, MR, 2, 2, 0x21, 0, QUARTER, 1, AVX512),

    // Arithmetic of integers.
    VPADDB(ANY, RVM, 1, 1, 0xFC, 0, FULL, 1, AVX2), VPADDW(ANY, RVM, 1, 1, 0xFD, 0, FULL, 2, AVX2),
    VPADDD(ANY, RVM, 1, 1, 0xFE, 0, FULL, 4, AVX2), VPADDQ(ANY, RVM, 1, 1, 0xD4, 2, FULL, 8, AVX2),
    VPSUBB(ANY, RVM, 1, 1, 0xF8, 0, FULL, 1, AVX2), VPSUBW(ANY, RVM, 1, 1, 0xF9, 0, FULL, 2, AVX2),
    VPSUBD(ANY, RVM, 1, 1, 0xFA, 0, FULL, 4, AVX2), VPSUBQ(ANY, RVM, 1, 1, 0xFB, 2, FULL, 8, AVX2),
    VPMULLD(ANY, RVM, 1, 2, 0x40, 0, FULL, 4, AVX2), VPMULLQ(EVEX, RVM, 1, 2, 0x40, 1, FULL, 8, AVX512),
    VPMULLW(ANY, RVM, 1, 1, 0xD5, 0, FULL, 2, AVX2), VPMULUDQ(ANY, RVM, 1, 1, 0xF4, 2, FULL, 8, AVX2),
    VPMADDWD(ANY, RVM, 1, 1, 0xF5, 0, FULL, 2, AVX2), VPMADDUBSW(ANY, RVM, 1, 2, 0x04, 0, FULL, 1, AVX2),
    VPDPBUSD(EVEX, RVM, 1, 2, 0x50, 0, FULL, 4, VNNI), VPDPWSSD(EVEX, RVM, 1, 2, 0x52, 0, FULL, 4, VNNI),
    VPMAXSD(ANY, RVM, 1, 2, 0x3D, 0, FULL, 4, AVX2), VPMINSD(ANY, RVM, 1, 2, 0x39, 0, FULL, 4, AVX2),
    VPMAXSB(ANY, RVM, 1, 2, 0x3C, 0, FULL, 1, AVX2), VPMINSB(ANY, RVM, 1, 2, 0x38, 0, FULL, 1, AVX2),
    VPMAXUD(ANY, RVM, 1, 2, 0x3F, 0, FULL, 4, AVX2), VPMINUD(ANY, RVM, 1, 2, 0x3B, 0, FULL, 4, AVX2),
    VPMAXSQ(EVEX, RVM, 1, 2, 0x3D, 1, FULL, 8, AVX512), VPMINSQ(EVEX, RVM, 1, 2, 0x39, 1, FULL, 8, AVX512),
    VPABSB(ANY, RM, 1, 2, 0x1C, 0, FULL, 1, AVX2), VPABSD(ANY, RM, 1, 2, 0x1E, 0, FULL, 4, AVX2),
    VPABSQ(EVEX, RM, 1, 2, 0x1F, 1, FULL, 8, AVX512), VPSIGNB(VEX, RVM, 1, 2, 0x08, 0, FULL, 1, AVX2),
    VPAND(VEX, RVM, 1, 1, 0xDB, 0, FULL, 4, AVX2), VPANDN(VEX, RVM, 1, 1, 0xDF, 0, FULL, 4, AVX2),
    VPOR(VEX, RVM, 1, 1, 0xEB, 0, FULL, 4, AVX2), VPXOR(VEX, RVM, 1, 1, 0xEF, 0, FULL, 4, AVX2),
    VPANDD(EVEX, RVM, 1, 1, 0xDB, 0, FULL, 4, AVX512), VPANDQ(EVEX, RVM, 1, 1, 0xDB, 1, FULL, 8, AVX512),
    VPANDND(EVEX, RVM, 1, 1, 0xDF, 0, FULL, 4, AVX512), VPANDNQ(EVEX, RVM, 1, 1, 0xDF, 1, FULL, 8, AVX512),
    VPORD(EVEX, RVM, 1, 1, 0xEB, 0, FULL, 4, AVX512), VPORQ(EVEX, RVM, 1, 1, 0xEB, 1, FULL, 8, AVX512),
    VPXORD(EVEX, RVM, 1, 1, 0xEF, 0, FULL, 4, AVX512), VPXORQ(EVEX, RVM, 1, 1, 0xEF, 1, FULL, 8, AVX512),
    VPTERNLOGD(EVEX, RVM, 1, 3, 0x25, 0, FULL, 4, AVX512, true), VPTERNLOGQ(EVEX, RVM, 1, 3, 0x25, 1, FULL, 8, AVX512, true),
    VPSLLW(ANY, VM, 1, 1, 0x71, 6, 0, FULL, 2, AVX2), VPSRLW(ANY, VM, 1, 1, 0x71, 2, 0, FULL, 2, AVX2),
    VPSRAW(ANY, VM, 1, 1, 0x71, 4, 0, FULL, 2, AVX2), VPSLLD(ANY, VM, 1, 1, 0x72, 6, 0, FULL, 4, AVX2),
    VPSRLD(ANY, VM, 1, 1, 0x72, 2, 0, FULL, 4, AVX2), VPSRAD(ANY, VM, 1, 1, 0x72, 4, 0, FULL, 4, AVX2),
    VPSLLQ(ANY, VM, 1, 1, 0x73, 6, 2, FULL, 8, AVX2), VPSRLQ(ANY, VM, 1, 1, 0x73, 2, 2, FULL, 8, AVX2),
    VPSRAQ(EVEX, VM, 1, 1, 0x72, 4, 1, FULL, 8, AVX512), VPSLLVD(ANY, RVM, 1, 2, 0x47, 0, FULL, 4, AVX2),
    VPSRLVD(ANY, RVM, 1, 2, 0x45, 0, FULL, 4, AVX2), VPSRAVD(ANY, RVM, 1, 2, 0x46, 0, FULL, 4, AVX2),
    VPSLLVQ(ANY, RVM, 1, 2, 0x47, 1, FULL, 8, AVX2), VPSRLVQ(ANY, RVM, 1, 2, 0x45, 1, FULL, 8, AVX2),
    VPSRAVQ(EVEX, RVM, 1, 2, 0x46, 1, FULL, 8, AVX512), VPROLD(EVEX, VM, 1, 1, 0x72, 1, 0, FULL, 4, AVX512),
    VPLZCNTD(EVEX, RM, 1, 2, 0x44, 0, FULL, 4, AVX512), VPLZCNTQ(EVEX, RM, 1, 2, 0x44, 1, FULL, 8, AVX512),

    // Comparisons: in VEX into lanes of ones, in EVEX into a mask.
    VCMPPS(ANY, RVM, 0, 1, 0xC2, 0, FULL, 4, AVX, true), VCMPPD(ANY, RVM, 1, 1, 0xC2, 2, FULL, 8, AVX, true),
    VPCMPEQB(ANY, RVM, 1, 1, 0x74, 0, FULL, 1, AVX2), VPCMPEQD(ANY, RVM, 1, 1, 0x76, 0, FULL, 4, AVX2),
    VPCMPEQQ(ANY, RVM, 1, 2, 0x29, 2, FULL, 8, AVX2), VPCMPGTB(ANY, RVM, 1, 1, 0x64, 0, FULL, 1, AVX2),
    VPCMPGTD(ANY, RVM, 1, 1, 0x66, 0, FULL, 4, AVX2), VPCMPGTQ(ANY, RVM, 1, 2, 0x37, 2, FULL, 8, AVX2),
    VPCMPB(EVEX, RVM, 1, 3, 0x3F, 0, FULL, 1, AVX512, true), VPCMPD(EVEX, RVM, 1, 3, 0x1F, 0, FULL, 4, AVX512, true),
    VPCMPQ(EVEX, RVM, 1, 3, 0x1F, 1, FULL, 8, AVX512, true), VPCMPUD(EVEX, RVM, 1, 3, 0x1E, 0, FULL, 4, AVX512, true),
    VPTESTMD(EVEX, RVM, 1, 2, 0x27, 0, FULL, 4, AVX512), VPTESTMB(EVEX, RVM, 1, 2, 0x26, 0, FULL, 1, AVX512),
    VPTESTMQ(EVEX, RVM, 1, 2, 0x27, 1, FULL, 8, AVX512), VFPCLASSPS(EVEX, RM, 1, 3, 0x66, 0, FULL, 4, AVX512, true),
    VFPCLASSPD(EVEX, RM, 1, 3, 0x66, 1, FULL, 8, AVX512, true), VMOVMSKPS(VEX, RM, 0, 1, 0x50, 0, FULL, 4, AVX),
    VMOVMSKPD(VEX, RM, 1, 1, 0x50, 0, FULL, 8, AVX), VPMOVMSKB(VEX, RM, 1, 1, 0xD7, 0, FULL, 1, AVX2),
    VPTEST(VEX, RM, 1, 2, 0x17, 0, FULL, 4, AVX), VUCOMISS(ANY, RM, 0, 1, 0x2E, 0, ONE, 4, AVX),
    VUCOMISD(ANY, RM, 1, 1, 0x2E, 2, ONE, 8, AVX), VBLENDVPS(VEX, RVMR, 1, 3, 0x4A, 0, FULL, 4, AVX),
    VBLENDVPD(VEX, RVMR, 1, 3, 0x4B, 0, FULL, 8, AVX), VPBLENDVB(VEX, RVMR, 1, 3, 0x4C, 0, FULL, 1, AVX2),
    VBLENDPS(VEX, RVM, 1, 3, 0x0C, 0, FULL, 4, AVX, true), VBLENDMPS(EVEX, RVM, 1, 2, 0x65, 0, FULL, 4, AVX512),
    VBLENDMPD(EVEX, RVM, 1, 2, 0x65, 1, FULL, 8, AVX512), VPBLENDMD(EVEX, RVM, 1, 2, 0x64, 0, FULL, 4, AVX512),
    VPBLENDMQ(EVEX, RVM, 1, 2, 0x64, 1, FULL, 8, AVX512), VPMOVM2B(EVEX, RM, 2, 2, 0x28, 0, FULL, 1, AVX512),
    VPMOVM2D(EVEX, RM, 2, 2, 0x38, 0, FULL, 4, AVX512), VPMOVM2Q(EVEX, RM, 2, 2, 0x38, 1, FULL, 8, AVX512),
    VPMOVD2M(EVEX, RM, 2, 2, 0x39, 0, FULL, 4, AVX512), VPMOVQ2M(EVEX, RM, 2, 2, 0x39, 1, FULL, 8, AVX512),

    // Order of lanes.
    VUNPCKLPS(ANY, RVM, 0, 1, 0x14, 0, FULL, 4, AVX), VUNPCKHPS(ANY, RVM, 0, 1, 0x15, 0, FULL, 4, AVX),
    VUNPCKLPD(ANY, RVM, 1, 1, 0x14, 2, FULL, 8, AVX), VUNPCKHPD(ANY, RVM, 1, 1, 0x15, 2, FULL, 8, AVX),
    VPUNPCKLBW(ANY, RVM, 1, 1, 0x60, 0, FULL, 1, AVX2), VPUNPCKHBW(ANY, RVM, 1, 1, 0x68, 0, FULL, 1, AVX2),
    VPUNPCKLWD(ANY, RVM, 1, 1, 0x61, 0, FULL, 2, AVX2), VPUNPCKHWD(ANY, RVM, 1, 1, 0x69, 0, FULL, 2, AVX2),
    VPUNPCKLDQ(ANY, RVM, 1, 1, 0x62, 0, FULL, 4, AVX2), VPUNPCKHDQ(ANY, RVM, 1, 1, 0x6A, 0, FULL, 4, AVX2),
    VPUNPCKLQDQ(ANY, RVM, 1, 1, 0x6C, 2, FULL, 8, AVX2), VPUNPCKHQDQ(ANY, RVM, 1, 1, 0x6D, 2, FULL, 8, AVX2),
    VSHUFPS(ANY, RVM, 0, 1, 0xC6, 0, FULL, 4, AVX, true), VSHUFPD(ANY, RVM, 1, 1, 0xC6, 2, FULL, 8, AVX, true),
    VPSHUFB(ANY, RVM, 1, 2, 0x00, 0, FULL, 1, AVX2), VPSHUFD(ANY, RM, 1, 1, 0x70, 0, FULL, 4, AVX2, true),
    VPERMILPS(ANY, RM, 1, 3, 0x04, 0, FULL, 4, AVX, true), VMOVSHDUP(ANY, RM, 2, 1, 0x16, 0, FULL, 4, AVX),
    VMOVHLPS(ANY, RVM, 0, 1, 0x12, 0, FULL, 4, AVX), VPERM2F128(VEX, RVM, 1, 3, 0x06, 0, FULL, 4, AVX, true),
    VPERMPS(ANY, RVM, 1, 2, 0x16, 0, FULL, 4, AVX2), VPERMD(ANY, RVM, 1, 2, 0x36, 0, FULL, 4, AVX2),
    VPERMQ(ANY, RM, 1, 3, 0x00, 1, FULL, 8, AVX2, true), VPERMPD(ANY, RM, 1, 3, 0x01, 1, FULL, 8, AVX2, true),
    VPERMPD_BY(EVEX, RVM, 1, 2, 0x16, 1, FULL, 8, AVX512), VPERMQ_BY(EVEX, RVM, 1, 2, 0x36, 1, FULL, 8, AVX512),
    VPERMW(EVEX, RVM, 1, 2, 0x8D, 1, FULL, 2, AVX512), VPERMB(EVEX, RVM, 1, 2, 0x8D, 0, FULL, 1, AVX512_VBMI),
    VPERMI2PS(EVEX, RVM, 1, 2, 0x77, 0, FULL, 4, AVX512), VPERMI2PD(EVEX, RVM, 1, 2, 0x77, 1, FULL, 8, AVX512),
    VPERMT2PS(EVEX, RVM, 1, 2, 0x7F, 0, FULL, 4, AVX512), VPERMT2PD(EVEX, RVM, 1, 2, 0x7F, 1, FULL, 8, AVX512),
    VPERMT2W(EVEX, RVM, 1, 2, 0x7D, 1, FULL, 2, AVX512), VPERMT2D(EVEX, RVM, 1, 2, 0x7E, 0, FULL, 4, AVX512),
    VALIGND(EVEX, RVM, 1, 3, 0x03, 0, FULL, 4, AVX512, true), VPALIGNR(ANY, RVM, 1, 3, 0x0F, 0, FULL, 1, AVX2, true),
    VEXTRACTF128(VEX, MR, 1, 3, 0x19, 0, PART16, 4, AVX, true), VINSERTF128(VEX, RVM, 1, 3, 0x18, 0, PART16, 4, AVX, true),
    VEXTRACTI128(VEX, MR, 1, 3, 0x39, 0, PART16, 4, AVX2, true), VINSERTI128(VEX, RVM, 1, 3, 0x38, 0, PART16, 4, AVX2, true),
    VEXTRACTF32X4(EVEX, MR, 1, 3, 0x19, 0, PART16, 4, AVX512, true), VINSERTF32X4(EVEX, RVM, 1, 3, 0x18, 0, PART16, 4, AVX512, true),
    VEXTRACTF64X4(EVEX, MR, 1, 3, 0x1B, 1, PART32, 8, AVX512, true), VINSERTF64X4(EVEX, RVM, 1, 3, 0x1A, 1, PART32, 8, AVX512, true),
    VINSERTI64X4(EVEX, RVM, 1, 3, 0x3A, 1, PART32, 8, AVX512, true), VEXTRACTI64X4(EVEX, MR, 1, 3, 0x3B, 1, PART32, 8, AVX512, true),
    VSHUFF32X4(EVEX, RVM, 1, 3, 0x23, 0, FULL, 4, AVX512, true), VSHUFF64X2(EVEX, RVM, 1, 3, 0x23, 1, FULL, 8, AVX512, true),
    VSHUFI32X4(EVEX, RVM, 1, 3, 0x43, 0, FULL, 4, AVX512, true), VPACKSSDW(ANY, RVM, 1, 1, 0x6B, 0, FULL, 4, AVX2),
    VPACKUSWB(ANY, RVM, 1, 1, 0x67, 0, FULL, 2, AVX2), VPACKUSDW(ANY, RVM, 1, 2, 0x2B, 0, FULL, 4, AVX2),
    VPACKSSWB(ANY, RVM, 1, 1, 0x63, 0, FULL, 2, AVX2),

    // Masks (VEX, the length bit is 1 with two sources).
    KMOVW_FROM(VEX, RM, 0, 1, 0x92, 0, FULL, 2, AVX512), KMOVD_FROM(VEX, RM, 3, 1, 0x92, 0, FULL, 4, AVX512),
    KMOVQ_FROM(VEX, RM, 3, 1, 0x92, 1, FULL, 8, AVX512), KMOVW_TO(VEX, RM, 0, 1, 0x93, 0, FULL, 2, AVX512),
    KMOVD_TO(VEX, RM, 3, 1, 0x93, 0, FULL, 4, AVX512), KMOVQ_TO(VEX, RM, 3, 1, 0x93, 1, FULL, 8, AVX512),
    KMOVW(VEX, RM, 0, 1, 0x90, 0, ONE, 2, AVX512), KANDW(VEX, RVM, 0, 1, 0x41, 0, FULL, 2, AVX512),
    KANDNW(VEX, RVM, 0, 1, 0x42, 0, FULL, 2, AVX512), KORW(VEX, RVM, 0, 1, 0x45, 0, FULL, 2, AVX512),
    KXORW(VEX, RVM, 0, 1, 0x47, 0, FULL, 2, AVX512), KXNORW(VEX, RVM, 0, 1, 0x46, 0, FULL, 2, AVX512),
    KNOTW(VEX, RM, 0, 1, 0x44, 0, FULL, 2, AVX512), KORTESTW(VEX, RM, 0, 1, 0x98, 0, FULL, 2, AVX512),
    KSHIFTRW(VEX, RM, 1, 3, 0x30, 1, FULL, 2, AVX512, true), KUNPCKBW(VEX, RVM, 1, 1, 0x4B, 0, FULL, 1, AVX512),

    // Single elements, from and to memory.
    VPINSRB(VEX, RVM, 1, 3, 0x20, 0, ONE, 1, AVX, true), VPINSRW(VEX, RVM, 1, 1, 0xC4, 0, ONE, 2, AVX, true),
    VPEXTRB(VEX, MR, 1, 3, 0x14, 0, ONE, 1, AVX, true), VPEXTRW(VEX, MR, 1, 3, 0x15, 0, ONE, 2, AVX, true),

    // Tiles.
    LDTILECFG(VEX, VM, 0, 2, 0x49, 0, 0, ONE, 64, AMX_TILE), TILELOADD(VEX, RM, 3, 2, 0x4B, 0, FULL, 64, AMX_TILE),
    TILELOADDT1(VEX, RM, 1, 2, 0x4B, 0, FULL, 64, AMX_TILE), TILESTORED(VEX, MR, 2, 2, 0x4B, 0, FULL, 64, AMX_TILE),
    TILEZERO(VEX, RM, 3, 2, 0x49, 0, FULL, 64, AMX_TILE), TILERELEASE(VEX, Form.NONE, 0, 2, 0x49, 0, FULL, 64, AMX_TILE),
    TDPBF16PS(VEX, Form.RMV, 2, 2, 0x5C, 0, FULL, 64, AMX_BF16), TDPBSSD(VEX, Form.RMV, 3, 2, 0x5E, 0, FULL, 64, AMX_INT8),
    TDPBSUD(VEX, Form.RMV, 2, 2, 0x5E, 0, FULL, 64, AMX_INT8), TDPBUSD(VEX, Form.RMV, 1, 2, 0x5E, 0, FULL, 64, AMX_INT8),
    TDPBUUD(VEX, Form.RMV, 0, 2, 0x5E, 0, FULL, 64, AMX_INT8),

    VZEROUPPER(VEX, Form.NONE, 0, 1, 0x77, 0, FULL, 4, AVX);

    /** Which prefix carries the instruction: ANY takes VEX, and EVEX where an operand asks for it. */
    enum Space {
        VEX, EVEX, ANY
    }

    /**
     * The fields that the operands go into, in the order of the listing: R is ModRM.reg, V is vvvv, M is ModRM.rm. RVMR has a fourth
     * register in the immediate byte; VM has an opcode extension in ModRM.reg and an immediate.
     */
    enum Form {
        RVM, RM, MR, MVR, RMV, RVMR, VM, NONE
    }

    /** How many bytes a memory operand covers, of a vector of n: all, a half, a quarter, an eighth, one element, 16 or 32. */
    enum Tuple {
        FULL, HALF, QUARTER, EIGHTH, ONE, PART16, PART32
    }

    final Space space;
    final Form form;
    final int prefix, map, opcode, extension, w, element;
    final Tuple tuple;
    final Feature feature;
    final boolean immediate;

    Instruction(Space space, Form form, int prefix, int map, int opcode, int w, Tuple tuple, int element, Feature feature) {
        this(space, form, prefix, map, opcode, 0, w, tuple, element, feature, false);
    }

    Instruction(Space space, Form form, int prefix, int map, int opcode, int w, Tuple tuple, int element, Feature feature,
            boolean immediate) {
        this(space, form, prefix, map, opcode, 0, w, tuple, element, feature, immediate);
    }

    /** Form VM: the extension stands behind the opcode. */
    Instruction(Space space, Form form, int prefix, int map, int opcode, int extension, int w, Tuple tuple, int element, Feature feature) {
        this(space, form, prefix, map, opcode, extension, w, tuple, element, feature, element != 64);
    }

    Instruction(Space space, Form form, int prefix, int map, int opcode, int extension, int w, Tuple tuple, int element, Feature feature,
            boolean immediate) {
        this.space = space;
        this.form = form;
        this.prefix = prefix;
        this.map = map;
        this.opcode = opcode;
        this.extension = extension;
        this.w = w;
        this.tuple = tuple;
        this.element = element;
        this.feature = feature;
        this.immediate = immediate;
    }

    public Feature feature() { return feature; }

    /** The mnemonic of the manuals. */
    public String mnemonic() {
        var name = name().toLowerCase(Locale.ROOT);
        int end = name.indexOf('_');
        return end < 0 ? name : name.substring(0, end);
    }

    /** True if the result is half as wide as what it is made from. */
    boolean narrows() {
        return switch (this) {
            case VCVTPD2PS, VCVTPD2DQ, VCVTTPD2DQ, VCVTQQ2PS, VCVTNEPS2BF16 -> true;
            default -> false;
        };
    }

    /** Bytes that a memory operand covers beside vectors of {@code vectorBytes}. */
    int memoryBytes(int vectorBytes) {
        return switch (tuple) {
            case FULL -> vectorBytes;
            case HALF -> vectorBytes / 2;
            case QUARTER -> vectorBytes / 4;
            case EIGHTH -> vectorBytes / 8;
            case ONE -> element;
            case PART16 -> 16;
            case PART32 -> 32;
        };
    }
}
