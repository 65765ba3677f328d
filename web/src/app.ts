/** The page's entry: mounts the one component everything else hangs on. */
import { mount } from 'svelte'
import './ui/tokens.css'
import App from './ui/App.svelte'

const stage = document.getElementById('app')
if (stage === null) throw new Error('the page has no #app element')

mount(App, { target: stage })
