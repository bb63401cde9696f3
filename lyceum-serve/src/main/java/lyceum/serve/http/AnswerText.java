package lyceum.serve.http;

import lyceum.llm.chat.CausalChatModel;
import lyceum.llm.chat.ChatMessage;

/** What an assistant says, piece by piece: what is certainly said, and in the end the calls of tools in it. Streamed and whole answers are read by it alike. */
final class AnswerText {
    private static final String CALL = "<tool_call>";

    private final boolean tools;
    private final StringBuilder text = new StringBuilder();
    private int told;

    AnswerText(boolean tools) { this.tools = tools; }

    /** What may be told now: nothing from the beginning of a call on, nor what may become one. */
    String add(String piece) {
        text.append(piece);
        if (!tools) {
            told = text.length();
            return piece;
        }
        var said = text.substring(told, certain());
        told += said.length();
        return said;
    }

    /** Up to where the text is no call and does not begin one. */
    private int certain() {
        int call = text.indexOf(CALL, told), length = text.length();
        if (call >= 0) return call;
        for (int n = Math.min(CALL.length() - 1, length - told); n > 0; n--) if (endsIn(n)) return length - n;
        return length;
    }

    /** Whether the last n characters begin a call. */
    private boolean endsIn(int n) {
        int from = text.length() - n;
        for (int i = 0; i < n; i++) if (text.charAt(from + i) != CALL.charAt(i)) return false;
        return true;
    }

    /** The whole, calls apart. */
    ChatMessage message() { return tools ? CausalChatModel.message(text.toString()) : ChatMessage.assistant(text.toString()); }

    /** What was not told and is no call: what only looked like one, and what stands behind calls. */
    String rest() {
        var left = text.substring(told);
        if (!tools || CausalChatModel.message(left).toolCalls().isEmpty()) return left;
        return CausalChatModel.message('.' + left).content().substring(1); // the dot keeps the space before what stands behind
    }
}
