package lyceum.llm.vision;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import lyceum.llm.chat.ChatMessage;
import lyceum.llm.chat.ChatTemplate;
import lyceum.tensor.Tensor;
import lyceum.text.Tokenizer;

/**
 * A conversation about pictures, as many as are shown and whenever: a message names each by the model's placeholder, such as {@code <image>}, and a large one is
 * {@linkplain PictureTiles cut} and gets a placeholder for every part.
 *
 * {@snippet :
 * var chat = new VisionChat(model, tokenizer, lyceum.llm.chat.ChatFormat.CHATML, new PictureTiles(32, 4), 20);
 * String first = chat.say("<image> what colour is the circle?", picture);
 * String second = chat.say("and in <image>?", other);                       // both pictures are before it
 * }
 *
 * <p>For one thread.
 */
public final class VisionChat {
    private final VisionLanguageModel model;
    private final Tokenizer tokenizer;
    private final ChatTemplate template;
    private final PictureTiles tiles;
    private final int most;
    private final String mark;
    private final List<ChatMessage> messages = new ArrayList<>();
    private final List<Tensor> pictures = new ArrayList<>(); // parts (n, channels, side, side), in the order of the placeholders

    /**
     * @param tiles how pictures are cut; those that are as large as a tile stay as they are
     * @param most ids of an answer
     */
    public VisionChat(VisionLanguageModel model, Tokenizer tokenizer, ChatTemplate template, PictureTiles tiles, int most) {
        this.model = model;
        this.tokenizer = tokenizer;
        this.template = template;
        this.tiles = tiles;
        this.most = most;
        mark = tokenizer.vocabulary().token(model.placeholder());
    }

    /**
     * Says something and gives the answer.
     *
     * @param shown (channels, H, W) each, in the order of the message's placeholders
     * @throws IllegalArgumentException if there are more placeholders than pictures or fewer, or the conversation is longer than the context
     */
    public String say(String text, Tensor... shown) {
        var parts = text.split(Pattern.quote(mark), -1);
        if (parts.length - 1 != shown.length) throw new IllegalArgumentException(
                "VisionChat.say: " + (parts.length - 1) + " times " + mark + " for " + shown.length + " pictures; one each");
        var said = new StringBuilder(parts[0]);
        var seen = new ArrayList<>(pictures);
        for (int i = 0; i < shown.length; i++) {
            var cut = tiles.of(shown[i]);
            said.append(mark.repeat((int) cut.size(0))).append(parts[i + 1]);
            seen.add(cut);
        }
        var asked = new ArrayList<>(messages);
        asked.add(ChatMessage.user(said.toString()));
        int[] prompt = template.encode(tokenizer, asked, true, Set.of(mark)).ids();
        var all = seen.isEmpty() ? null : Tensor.concat(0, seen.toArray(Tensor[]::new));
        long places = model.spliced(List.of(prompt), null, all).longest() + 1L, context = model.language().contextLength();
        if (places > context) throw new IllegalArgumentException(
                "VisionChat.say: " + (places - 1) + " places with all pictures for a context of " + context + "; begin a new conversation");
        var answer = tokenizer.decode(answered(prompt, all, (int) Math.min(most, context - places + 1)));
        messages.addAll(List.of(asked.getLast(), ChatMessage.assistant(answer)));
        pictures.clear();
        pictures.addAll(seen);
        return answer;
    }

    /** Up to the template's end of a turn. */
    private int[] answered(int[] prompt, Tensor all, int count) {
        var end = template.endOfTurn() == null ? null : tokenizer.specials().find(template.endOfTurn());
        int[] ids = model.answer(prompt, all, count);
        for (int i = 0; end != null && i < ids.length; i++) if (ids[i] == end.id()) return Arrays.copyOf(ids, i);
        return ids;
    }

    /** What was said so far; a placeholder for each part of a picture. */
    public List<ChatMessage> messages() { return List.copyOf(messages); }
}
