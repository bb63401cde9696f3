package lyceum.backend.x86.fuse;

import java.util.Set;
import lyceum.backend.x86.asm.Feature;

/**
 * What the code is made for.
 *
 * @param features that it may use
 * @param lanes elements that are worked on at once: the widest type of the program fills a vector
 */
record Target(Set<Feature> features, int lanes) {

    /** Lanes for a program whose widest type has {@code bytes}, 4 or 8. */
    static Target of(Set<Feature> features, int bytes) {
        return new Target(features, (features.contains(Feature.AVX512) ? 64 : 32) / bytes);
    }

    /** For what a row has one value of: as few lanes as fill the shortest vector, where they suffice. */
    Target forRow(boolean suffice) { return suffice ? new Target(features, Math.min(lanes, 4)) : this; }

    /** True for AVX-512: mask registers, 32 vectors, operands broadcast from memory. */
    boolean isWide() { return features.contains(Feature.AVX512); }

    int vectorRegisters() { return isWide() ? 32 : 16; }

    /** Bits of the vector that holds all lanes. */
    int bits(int laneBits) { return Math.max(128, lanes * laneBits); }
}
