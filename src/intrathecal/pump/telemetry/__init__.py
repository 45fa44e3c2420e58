"""How the pump talks: frames, identities, the encrypted channel, pairing, messages, and who may ask what."""
