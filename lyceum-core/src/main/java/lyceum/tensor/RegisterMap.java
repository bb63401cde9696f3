package lyceum.tensor;

import java.util.Arrays;

/**
 * The tensors that a chain has met, each with the register of its value and how often the chain reads it. A chain is short: comparing costs less than
 * identity hash codes, which the JVM has to be asked for, and tables of 64 places each.
 */
final class RegisterMap {
    private Tensor[] tensors = new Tensor[8];
    private int[] registers = new int[8], reads = new int[8];
    private int count;

    private int place(Tensor tensor) {
        for (int i = 0; i < count; i++) if (tensors[i] == tensor) return i;
        return -1;
    }

    private int placed(Tensor tensor) {
        int known = place(tensor);
        if (known >= 0) return known;
        if (count == tensors.length) {
            tensors = Arrays.copyOf(tensors, 2 * count);
            registers = Arrays.copyOf(registers, 2 * count);
            reads = Arrays.copyOf(reads, 2 * count);
        }
        tensors[count] = tensor;
        registers[count] = -1;
        return count++;
    }

    int size() { return count; }

    Tensor tensor(int i) { return tensors[i]; }

    /** False if it has been met. */
    boolean add(Tensor tensor) {
        int before = count;
        placed(tensor);
        return count > before;
    }

    /** Of the tensor's value; -1 if it has none yet. */
    int of(Tensor tensor) {
        int known = place(tensor);
        return known < 0 ? -1 : registers[known];
    }

    void put(Tensor tensor, int register) {
        int place = placed(tensor);
        registers[place] = register;
    }

    void countRead(Tensor tensor) {
        int place = placed(tensor);
        reads[place]++;
    }

    int reads(Tensor tensor) {
        int known = place(tensor);
        return known < 0 ? 0 : reads[known];
    }
}
