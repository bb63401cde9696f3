package lyceum.studio.web;

import lyceum.LyceumException;

/** Something else listens on the studio's port. */
public class PortInUseException extends LyceumException {

    private static final long serialVersionUID = 1;

    /** Names the address and the way out. */
    public PortInUseException(String host, int port, Throwable cause) {
        super("port " + port + " of " + host + " is taken; --port N chooses another", cause);
    }
}
