// Without this, what oclif prints goes to jest's console and captureOutput() sees nothing.
import console from 'node:console'

globalThis.console = console
