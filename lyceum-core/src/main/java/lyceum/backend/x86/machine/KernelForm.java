package lyceum.backend.x86.machine;

import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.asm.Assembler;

/** Describes one kernel and writes its code: a record, by which a {@link KernelCache} keeps the kernel. */
public interface KernelForm extends KernelCache.Form<Cpu, Kernel> {
    /** In listings and crash logs. */
    String name(Cpu cpu);

    /** Writes all of it, from the first instruction to the return. */
    void write(Assembler a, Cpu cpu);

    /** @param listed whether with a text */
    default Assembler.Code code(Cpu cpu, boolean listed) {
        var a = new Assembler(cpu.features(), listed);
        write(a, cpu);
        return a.finish();
    }

    /** @throws CodeMemory.Refused if there is no memory for code */
    @Override default Kernel make(Cpu cpu) { return CodeMemory.require(name(cpu), code(cpu, CodeMemory.isListed())); }
}
