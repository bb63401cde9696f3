package lyceum.llm.generate;

import java.util.Arrays;

/** The ids of one text so far: the prompt's, then the generated. It grows; what looks at it keeps its own place. For one thread. */
public final class TokenHistory {
    private int[] ids;
    private int size;
    private final int promptLength;

    public TokenHistory(int... prompt) {
        ids = Arrays.copyOf(prompt, prompt.length + 64);
        size = promptLength = prompt.length;
    }

    /** Ids, the prompt's among them. */
    public int size() { return size; }

    public int promptLength() { return promptLength; }

    /** The id at a place, from 0. */
    public int id(int place) { return ids[place]; }

    public void add(int id) {
        if (size == ids.length) ids = Arrays.copyOf(ids, 2 * size);
        ids[size++] = id;
    }

    /** Those behind the prompt. */
    public int[] generated() { return Arrays.copyOfRange(ids, promptLength, size); }

    /** All. */
    public int[] toArray() { return Arrays.copyOf(ids, size); }
}
